// SPDX-License-Identifier: MIT
// Fork and join: nothing is left out and nothing is done twice.
#include "backends/engine/cpu/thread_pool.h"

#include <array>
#include <atomic>
#include <doctest/doctest.h>
#include <vector>

namespace proctor {

TEST_CASE("every part of every round runs exactly once") {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    std::array<int, 8> calls{}; // a part has one caller at a time, and run() orders the rounds
    constexpr int kRounds = 5000;
    for (int round = 0; round < kRounds; ++round) pool.run([&](int part) { ++calls[static_cast<size_t>(part)]; });
    for (int part = 0; part < 8; ++part) CHECK(calls[static_cast<size_t>(part)] == (part < threads ? kRounds : 0));
  }
}

TEST_CASE("ranges cover everything, in order of their parts and without overlap") {
  ThreadPool pool(4);
  for (int64_t n : {0, 1, 2, 3, 5, 1000}) {
    std::vector<std::atomic<int>> touched(static_cast<size_t>(n));
    pool.for_ranges(n, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++touched[static_cast<size_t>(i)];
    });
    for (const std::atomic<int>& one : touched) CHECK(one == 1);
  }
}

} // namespace proctor
