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
    std::array<int, 12> calls{}; // a part has one caller at a time, and run() orders the rounds
    constexpr int kRounds = 5000;
    for (int round = 0; round < kRounds; ++round) pool.run(round % 13, [&](int part) { ++calls[static_cast<size_t>(part)]; });
    for (int part = 0; part < 12; ++part) {
      int rounds = 0;
      for (int round = 0; round < kRounds; ++round) rounds += part < round % 13;
      CHECK(calls[static_cast<size_t>(part)] == rounds);
    }
  }
}

TEST_CASE("ranges cover everything, in order of their parts and without overlap") {
  ThreadPool pool(4);
  for (int64_t n : {0, 1, 2, 3, 5, 1000})
    for (int for_each_thread : {1, 4}) {
      std::vector<std::atomic<int>> touched(static_cast<size_t>(n));
      auto touch = [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++touched[static_cast<size_t>(i)];
      };
      pool.for_ranges(n, touch, for_each_thread);
      for (const std::atomic<int>& one : touched) CHECK(one == 1);
    }
}

} // namespace proctor
