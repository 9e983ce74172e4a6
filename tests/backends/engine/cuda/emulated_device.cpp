// SPDX-License-Identifier: MIT
#include "tests/backends/engine/cuda/emulated_device.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <utility>
#include <vector>

#include "backends/engine/cuda/kernels.h"
#include "backends/engine/format/quant.h"
#include "harness/check.h"
#include "tests/backends/engine/cuda/simt.cuh"

namespace proctor {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

using Launches = std::vector<std::function<void()>>;

class EmulatedGraph : public cuda::Graph {
 public:
  EmulatedGraph(Launches launches, EmulatedCounts& counts) : launches_(std::move(launches)), counts_(counts) {}
  void launch() override {
    ++counts_.graph_launches;
    for (const auto& launch : launches_) launch();
  }

 private:
  const Launches launches_;
  EmulatedCounts& counts_;
};

class EmulatedDevice : public cuda::Device {
 public:
  explicit EmulatedDevice(EmulatedCounts* counts) : counts_(counts == nullptr ? own_counts_ : *counts) {
    stream_.launches = &counts_.launches;
  }
  const cuda::DeviceFacts& facts() const override { return facts_; }
  size_t free_memory() override { return facts_.memory; }

  void* allocate(size_t bytes) override {
    not_captured();
    ++counts_.allocations;
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
    not_captured(); // no step needs it
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void clear(void* memory, size_t bytes) override {
    not_captured();
    std::memset(memory, 0, bytes);
  }

  void multiply(const cuda::Product& product) override {
    if (stream_.captured != nullptr)
      captured_.push_back([this, product] { do_multiply(product); });
    else
      do_multiply(product);
  }
  void* stream() override { return &stream_; }

  void begin_capture() override {
    not_captured();
    stream_.captured = &captured_;
  }
  std::unique_ptr<cuda::Graph> end_capture() override {
    PROCTOR_CHECK(stream_.captured != nullptr);
    stream_.captured = nullptr;
    ++counts_.captures;
    return std::make_unique<EmulatedGraph>(std::exchange(captured_, {}), counts_);
  }

  void start_clock() override {
    not_captured();
    begin_ = now();
  }
  double stop_clock() override {
    not_captured();
    return now() - begin_;
  }

 private:
  void not_captured() const { PROCTOR_CHECK(stream_.captured == nullptr); }

  void do_multiply(const cuda::Product& p) {
    ++counts_.products;
    const int64_t stride = cuda::padded(p.k);
    for (int64_t r = 0; r < p.rows; ++r)
      for (int64_t n = 0; n < p.n; ++n) {
        float sum = 0;
        for (int64_t k = 0; k < stride; ++k) // the padding too: it must be zero
          sum += bf16_to_float(p.x[r * stride + k]) * bf16_to_float(p.weights[n * stride + k]);
        p.out[r * p.n + n] = p.bias == nullptr ? sum : sum + p.bias[n];
      }
  }

  const cuda::DeviceFacts facts_{"emulated", 3, size_t{1} << 30, 0};
  EmulatedCounts own_counts_;
  EmulatedCounts& counts_;
  simt::Stream stream_;
  Launches captured_;
  double begin_ = 0;
};

} // namespace

std::unique_ptr<cuda::Device> make_emulated_device(EmulatedCounts* counts) {
  return std::make_unique<EmulatedDevice>(counts);
}

} // namespace proctor
