// SPDX-License-Identifier: MIT
#include "tests/backends/engine/cuda/emulated_device.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
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

using Work = std::deque<std::function<void()>>;

// Does work at once, or, late, when somebody waits for it and not a piece more than that needs.
class Queue {
 public:
  explicit Queue(bool late) : late_(late) {}
  bool late() const { return late_; }
  Work& work() { return work_; }

  void add(std::function<void()> piece) {
    if (late_)
      work_.push_back(std::move(piece));
    else
      piece();
  }
  template <class Done> void work_until(Done done) {
    while (!done()) {
      PROCTOR_CHECK(!work_.empty());
      const auto piece = std::move(work_.front());
      work_.pop_front();
      piece();
    }
  }
  void finish() {
    work_until([&] { return work_.empty(); });
  }

 private:
  const bool late_;
  Work work_;
};

class EmulatedGraph : public cuda::Graph {
 public:
  EmulatedGraph(Work work, Queue& queue, EmulatedCounts& counts) : work_(std::move(work)), queue_(queue), counts_(counts) {}
  ~EmulatedGraph() override { queue_.finish(); }
  void launch() override {
    ++counts_.graph_launches;
    for (const auto& piece : work_) queue_.add(piece);
  }

 private:
  const Work work_;
  Queue& queue_;
  EmulatedCounts& counts_;
};

class EmulatedReadback : public cuda::Readback {
 public:
  EmulatedReadback(size_t capacity, Queue& queue) : bytes_(capacity), queue_(queue) {}
  ~EmulatedReadback() override { queue_.finish(); }
  size_t capacity() const override { return bytes_.size(); }
  void begin() override {
    PROCTOR_CHECK(!under_way_);
    under_way_ = true;
    there_ = false;
    queue_.add([this] { begin_ = now(); });
  }
  void end(const void* from, size_t bytes) override {
    PROCTOR_CHECK(under_way_ && bytes <= bytes_.size());
    queue_.add([this, from, bytes] {
      if (bytes > 0) std::memcpy(bytes_.data(), from, bytes);
      seconds_ = now() - begin_;
      there_ = true;
    });
  }
  double wait(void* to, size_t bytes) override {
    PROCTOR_CHECK(under_way_);
    queue_.work_until([this] { return there_; });
    if (bytes > 0) std::memcpy(to, bytes_.data(), bytes);
    under_way_ = false;
    return seconds_;
  }

 private:
  std::vector<unsigned char> bytes_;
  Queue& queue_;
  bool under_way_ = false, there_ = false;
  double begin_ = 0, seconds_ = 0;
};

class EmulatedDevice : public cuda::Device {
 public:
  EmulatedDevice(EmulatedCounts* counts, bool late) : counts_(counts == nullptr ? own_counts_ : *counts), queue_(late) {
    stream_.launches = &counts_.launches;
    stop_capturing();
  }
  const cuda::DeviceFacts& facts() const override { return facts_; }
  size_t free_memory() override { return facts_.memory; }

  void* allocate(size_t bytes) override {
    not_captured();
    ++counts_.allocations;
    counts_.bytes += bytes;
    const size_t size = (bytes + 255) / 256 * 256;
    void* memory = std::aligned_alloc(256, size);
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(memory, 0xff, size);
    return memory;
  }
  void release(void* memory) noexcept override {
    queue_.finish();
    std::free(memory);
  }
  void to_device(void* to, const void* from, size_t bytes) override {
    not_captured();
    const auto* begin = static_cast<const unsigned char*>(from);
    queue_.add([to, sent = std::vector<unsigned char>(begin, begin + bytes)] {
      if (!sent.empty()) std::memcpy(to, sent.data(), sent.size());
    });
  }
  void to_host(void* to, const void* from, size_t bytes) override {
    not_captured();
    queue_.finish();
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void copy(void* to, const void* from, size_t bytes) override {
    not_captured(); // no step needs it
    queue_.add([=] {
      if (bytes > 0) std::memcpy(to, from, bytes);
    });
  }
  void clear(void* memory, size_t bytes) override {
    not_captured();
    queue_.add([=] { std::memset(memory, 0, bytes); });
  }

  void multiply(const cuda::Product& product) override {
    auto piece = [this, product] { do_multiply(product); };
    if (capturing_)
      captured_.push_back(piece);
    else
      queue_.add(piece);
  }
  void* stream() override { return &stream_; }

  void begin_capture() override {
    not_captured();
    capturing_ = true;
    stream_.queue = &captured_;
  }
  std::unique_ptr<cuda::Graph> end_capture() override {
    PROCTOR_CHECK(capturing_);
    stop_capturing();
    ++counts_.captures;
    return std::make_unique<EmulatedGraph>(std::exchange(captured_, {}), queue_, counts_);
  }

  std::unique_ptr<cuda::Readback> make_readback(size_t capacity) override {
    not_captured();
    ++counts_.allocations;
    return std::make_unique<EmulatedReadback>(capacity, queue_);
  }

 private:
  void not_captured() const { PROCTOR_CHECK(!capturing_); }
  void stop_capturing() {
    capturing_ = false;
    stream_.queue = queue_.late() ? &queue_.work() : nullptr;
  }

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
  Queue queue_;
  simt::Stream stream_;
  Work captured_;
  bool capturing_ = false;
};

} // namespace

std::unique_ptr<cuda::Device> make_emulated_device(EmulatedCounts* counts, bool late) {
  return std::make_unique<EmulatedDevice>(counts, late);
}

} // namespace proctor
