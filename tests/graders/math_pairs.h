// SPDX-License-Identifier: MIT
#pragma once

// Pairs of answers and the verdict that each deserves.

#include <doctest/doctest.h>

#include "graders/math/math_equal.h"

namespace proctor::math {

using Pairs = std::initializer_list<std::pair<std::string, std::string>>;

inline Equality verdict(const std::string& gold, const std::string& pred) {
  return math_equal(gold, pred, Policies()).equality;
}

inline void check(const Pairs& pairs, Equality wanted) {
  for (const auto& [gold, pred] : pairs) {
    INFO(gold, " against ", pred, ": ", math_equal(gold, pred, Policies()).certificate);
    CHECK(verdict(gold, pred) == wanted);
  }
}

} // namespace proctor::math
