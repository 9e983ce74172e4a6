// SPDX-License-Identifier: MIT
#include "graders/math/vote_key.h"

#include <algorithm>

#include "graders/latex_text.h"
#include "graders/math/math_equal.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

constexpr int kMaxKeyBits = 2000; // of a rational value that is its own key

bool is_rational_key(std::string_view key) {
  if (key.starts_with('-')) key.remove_prefix(1);
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return is_digit(c) || c == '/'; });
}

const Policies& strict_policies() {
  static const Policies kStrict = [] {
    Policies policies;
    set_profile(policies, "strict");
    return policies;
  }();
  return kStrict;
}

} // namespace

std::string vote_key(std::string_view answer) {
  if (auto value = rational_value(answer, kMaxKeyBits)) return *value;
  return text_vote_key(latex_text_key(answer), answer);
}

bool same_vote(const Vote& a, const Vote& b) {
  if (a.key == b.key) return true;
  if (is_rational_key(a.key) && is_rational_key(b.key)) return false;
  const auto& [first, second] = std::minmax(a.text, b.text); // one order, so that the relation is symmetric
  return math_equal(first, second, strict_policies()).equality == Equality::equal;
}

} // namespace proctor::math
