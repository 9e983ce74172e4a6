// SPDX-License-Identifier: MIT
#pragma once

// Fork and join over a fixed number of threads, thousands of times a second: workers spin for some microseconds and
// then sleep, so that an idle engine uses no processor and a busy machine is not made busier. Whoever is awake takes the
// next part, so that a worker which the machine keeps waiting is not waited for. One caller at a time.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace proctor {

// The system gives no more threads.
struct ThreadsRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ThreadPool {
 public:
  explicit ThreadPool(int threads); // the caller is one of them; throws ThreadsRefused
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }

  // Calls fn(i) for i in [0, n_parts), each once and on any thread; returns when all are done.
  void run(int n_parts, const std::function<void(int)>& fn);

  // Splits [0, n) into contiguous ranges, always the same way: as many as threads, or several for each of them where a
  // thread that is kept waiting should leave some to the others. One alone runs on the caller.
  template <class Fn> void for_ranges(int64_t n, Fn fn, int for_each_thread = 1) {
    if (n < 2 || size() == 1) return fn(int64_t{0}, n);
    const auto n_parts = static_cast<int>(std::min<int64_t>(n, int64_t{size()} * for_each_thread));
    run(n_parts, [&](int i) { fn(n * i / n_parts, n * (i + 1) / n_parts); });
  }

 private:
  static constexpr uint64_t kRound = uint64_t{1} << 32, kPart = kRound - 1;

  void start_workers();
  void end_workers();
  void work();
  uint64_t take_parts();

  const int size_;
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<uint64_t> tickets_{0}; // the round above, how many of its parts are left to take below
  std::atomic<int> left_{0};             // parts of this round that are not done
  std::atomic<bool> stop_{false};
  std::vector<std::jthread> workers_; // last: they use the rest until they are joined
};

// Processors this process may use.
int usable_cpus();

} // namespace proctor
