// SPDX-License-Identifier: MIT
#pragma once

// Sums that do not depend on the order of the log: shards and resumption must not move a digit.

#include <algorithm>
#include <numeric>
#include <vector>

namespace proctor {

inline double ordered_sum(std::vector<double> values) {
  std::ranges::sort(values);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

inline double ordered_mean(std::vector<double> values) {
  const auto n = static_cast<double>(values.size());
  return ordered_sum(std::move(values)) / n;
}

} // namespace proctor
