// SPDX-License-Identifier: MIT
#include "tests/backends/engine/cuda/emulated_device.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>

#include "backends/engine/cuda/kernels.h"
#include "backends/engine/format/quant.h"

namespace proctor {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class EmulatedDevice : public cuda::Device {
 public:
  const cuda::DeviceFacts& facts() const override { return facts_; }
  size_t free_memory() override { return facts_.memory; }

  void* allocate(size_t bytes) override {
    const size_t size = (bytes + 255) / 256 * 256;
    void* memory = std::aligned_alloc(256, size);
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(memory, 0xff, size);
    return memory;
  }
  void release(void* memory) noexcept override { std::free(memory); }
  void to_device(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void to_host(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void copy(void* to, const void* from, size_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void clear(void* memory, size_t bytes) override { std::memset(memory, 0, bytes); }

  void multiply(const cuda::Product& p) override {
    const int64_t stride = cuda::padded(p.k);
    for (int64_t r = 0; r < p.rows; ++r)
      for (int64_t n = 0; n < p.n; ++n) {
        float sum = 0;
        for (int64_t k = 0; k < stride; ++k) // the padding too: it must be zero
          sum += bf16_to_float(p.x[r * stride + k]) * bf16_to_float(p.weights[n * stride + k]);
        p.out[r * p.n + n] = p.bias == nullptr ? sum : sum + p.bias[n];
      }
  }
  void* stream() override { return nullptr; }
  void start_clock() override { begin_ = now(); }
  double stop_clock() override { return now() - begin_; }

 private:
  const cuda::DeviceFacts facts_{"emulated", 3, size_t{1} << 30, 0};
  double begin_ = 0;
};

} // namespace

std::unique_ptr<cuda::Device> make_emulated_device() { return std::make_unique<EmulatedDevice>(); }

} // namespace proctor
