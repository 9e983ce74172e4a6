// SPDX-License-Identifier: MIT
#include "harness/text/nearest.h"

#include <algorithm>
#include <tuple>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

// Optimal string alignment distance: insertions, deletions, replacements, swaps of neighbours.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

} // namespace

std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> candidates,
                                       size_t most) {
  constexpr size_t kLongestName = 200; // longer input is no misspelt name
  if (wanted.empty() || wanted.size() > kLongestName) return {};
  struct Scored {
    size_t rank, distance;
    const std::string* name; // of the span, so that pointers keep its order
  };
  std::string name = lower(wanted);
  std::vector<Scored> scored;
  for (const std::string& candidate : candidates) {
    std::string other = lower(candidate);
    size_t distance = edit_distance(name, other);
    bool alike = distance <= std::max<size_t>(1, name.size() / 3);
    bool contains = name.size() >= 3 && other.find(name) != other.npos;
    if (alike || contains) scored.push_back({contains ? std::min<size_t>(1, distance) : distance, distance, &candidate});
  }
  std::sort(scored.begin(), scored.end(),
            [](auto& a, auto& b) { return std::tie(a.rank, a.distance, a.name) < std::tie(b.rank, b.distance, b.name); });
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(most, scored.size()); ++i) names.push_back(*scored[i].name);
  return names;
}

std::string did_you_mean(std::string_view wanted, std::span<const std::string> candidates) {
  std::vector<std::string> names = nearest_names(wanted, candidates);
  if (names.empty()) return {};
  std::string text = "; did you mean ";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text + "?";
}

} // namespace proctor
