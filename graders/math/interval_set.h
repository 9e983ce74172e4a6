// SPDX-License-Identifier: MIT
#pragma once

// Sets of real numbers as sorted, disjoint pieces: what intervals, unions, solved inequalities, "x \ne a" and
// "\mathbb{R} \setminus \{a\}" have in common.

#include <optional>
#include <vector>

#include "graders/math/scalar_equal.h"

namespace proctor::math {

struct Endpoint {
  int infinite = 0; // -1, +1; 0: a number
  Term value{};
};

struct Piece {
  Endpoint low, high;
  bool low_closed = false, high_closed = false;
};

struct IntervalSet {
  std::vector<Piece> pieces;
  bool solved_relation = false; // came from an inequality
  std::string variable;         // of that inequality
  bool loose_and = false;       // "x < 1 and x > 2" taken as "or": together they leave nothing
};

// Whether a term can only mean a set of numbers: unions, mixed brackets, infinite ends, inequalities.
bool is_interval_like(Term term);

// nullopt: not a set of numbers, or its ends cannot be ordered. (a, b) is taken as an interval.
std::optional<IntervalSet> as_interval_set(Term term, const ScalarContext& context);

Outcome same_set(const IntervalSet& a, const IntervalSet& b, const ScalarContext& context);

} // namespace proctor::math
