// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/thread_pool.h"

#include <algorithm>
#include <fmt/format.h>
#include <sched.h>
#include <system_error>

#include "harness/signals_blocked.h"

namespace proctor {
namespace {

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// About 20 microseconds: longer than most gaps between two operations of one step. On a machine that is shared with
// others, spinning longer costs more than waking up.
constexpr int kSpins = 600;

template <class T> void wait_while(std::atomic<T>& value, T old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause_briefly();
  }
  while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

} // namespace

ThreadPool::ThreadPool(int threads) : size_(std::max(1, threads)) {
  try {
    start_workers();
  } catch (const std::system_error& error) {
    end_workers(); // those that are there would wait for work for ever
    throw ThreadsRefused(fmt::format("cannot start {} threads: {}; ask for fewer with --threads", size_, error.code().message()));
  }
}

ThreadPool::~ThreadPool() { end_workers(); }

void ThreadPool::start_workers() {
  const SignalsBlocked blocked; // the run that asks to be told of signals begins when these are there
  for (int i = 1; i < size_; ++i) workers_.emplace_back([this] { work(); });
}

void ThreadPool::end_workers() {
  stop_.store(true);
  tickets_.fetch_add(kRound, std::memory_order_release);
  tickets_.notify_all();
}

void ThreadPool::run(int n_parts, const std::function<void(int)>& fn) {
  job_ = &fn;
  left_.store(n_parts, std::memory_order_relaxed);
  const uint64_t parts = static_cast<uint64_t>(n_parts);
  tickets_.store((tickets_.load(std::memory_order_relaxed) & ~kPart) + kRound + parts, std::memory_order_release);
  tickets_.notify_all();
  take_parts();
  for (int left = left_.load(std::memory_order_acquire); left != 0; left = left_.load(std::memory_order_acquire)) wait_while(left_, left);
}

// Takes parts until none is left; returns the ticket that said so. A part that was taken keeps its round open, so job_
// is this round's.
uint64_t ThreadPool::take_parts() {
  uint64_t ticket = tickets_.load(std::memory_order_acquire);
  while ((ticket & kPart) != 0) {
    if (!tickets_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
    (*job_)(static_cast<int>(ticket & kPart) - 1);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
    ticket = tickets_.load(std::memory_order_acquire);
  }
  return ticket;
}

void ThreadPool::work() {
  for (;;) {
    const uint64_t ticket = take_parts();
    if (stop_.load()) return; // asked after the ticket: an older one than the destructor's is not waited for
    wait_while(tickets_, ticket);
  }
}

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return static_cast<int>(std::thread::hardware_concurrency());
  return CPU_COUNT(&set);
}

} // namespace proctor
