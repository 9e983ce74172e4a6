// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/bandwidth.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

#include "backends/engine/cpu/thread_pool.h"
#include "backends/engine/cpu/weight_memory.h"

namespace proctor {
namespace {

// Eight sums, so that loads and not additions are the limit.
uint64_t sum_of(const uint8_t* data, size_t bytes) {
  uint64_t sums[8] = {};
  for (size_t at = 0; at + 64 <= bytes; at += 64)
    for (size_t i = 0; i < 8; ++i) {
      uint64_t word;
      std::memcpy(&word, data + at + 8 * i, 8);
      sums[i] += word;
    }
  uint64_t sum = 0;
  for (uint64_t part : sums) sum += part;
  return sum;
}

} // namespace

double measure_read_bandwidth(int threads, size_t bytes, int passes) {
  ThreadPool pool(threads);
  const std::shared_ptr<uint8_t[]> data = WeightMemory().take(bytes);
  const auto n = static_cast<int64_t>(bytes);
  pool.for_ranges(
      n, [&](int64_t begin, int64_t end) { std::memset(data.get() + begin, 1, static_cast<size_t>(end - begin)); });
  std::atomic<uint64_t> sink{0};
  double best = 0;
  for (int pass = 0; pass < passes; ++pass) {
    auto start = std::chrono::steady_clock::now();
    pool.for_ranges(
        n, [&](int64_t begin, int64_t end) { sink += sum_of(data.get() + begin, static_cast<size_t>(end - begin)); });
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(bytes) / seconds.count());
  }
  return best;
}

} // namespace proctor
