// SPDX-License-Identifier: MIT
#pragma once

// How many processors there are, and a loop over independent indices on all of them. Results belong into a place of
// their own per index, so that they do not depend on who computed them.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace proctor {

// At least 1.
inline unsigned n_processors() { return std::max(1u, std::thread::hardware_concurrency()); }

// body(i) once for every i below n, from as many threads as have at least `worth_a_thread` of them; returns when all
// are done. The body must not throw.
template <class Body> void parallel_for(size_t n, size_t worth_a_thread, const Body& body) {
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < n;) body(i);
  };
  const size_t most = std::min<size_t>(n_processors(), n / worth_a_thread);
  std::vector<std::jthread> helpers;
  while (helpers.size() + 1 < most) helpers.emplace_back(work);
  work();
}

} // namespace proctor
