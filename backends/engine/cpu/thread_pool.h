// SPDX-License-Identifier: MIT
#pragma once

// Fork and join over a fixed number of threads, thousands of times a second: workers spin for some microseconds and
// then sleep, so that an idle engine uses no processor and a busy machine is not made busier. One caller at a time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace proctor {

class ThreadPool {
 public:
  explicit ThreadPool(int threads); // the caller is one of them
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls fn(i) for i in [0, size()), one on each thread; returns when all are done.
  void run(const std::function<void(int)>& fn);

  // Splits [0, n) into one contiguous range per thread, always the same way. Small n run on the caller alone.
  template <class Fn> void for_ranges(int64_t n, Fn fn, int64_t least = 2) {
    if (n < least || size() == 1) return fn(int64_t{0}, n);
    run([&](int i) {
      int64_t begin = n * i / size(), end = n * (i + 1) / size();
      if (begin < end) fn(begin, end);
    });
  }

 private:
  void work(int index);
  std::vector<std::jthread> workers_;
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<uint32_t> round_{0}; // counts jobs
  std::atomic<int> running_{0};
  std::atomic<bool> stop_{false};
};

// Processors this process may use.
int usable_cpus();

} // namespace proctor
