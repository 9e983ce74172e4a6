// SPDX-License-Identifier: MIT
#pragma once

// Who stands where: an order of 3 to 6 names from relative clues. The clues are redrawn and thinned out until
// exactly one of all permutations fits and none can be left out; the question asks for one place. A guess among the
// names is right in 1/3 to 1/6 of the cases; over the draws no name is the answer in more than about 5 %.
//
// Level = names - 2: 3, 4, 5, 6 names, with 2 to 5 or more clues.

#include "tasks/gen/family.h"

namespace proctor {

GeneratedQuestion generate_order(int level, uint64_t seed, uint64_t index);

// Reads the printed clues and counts solutions by backtracking over places.
std::optional<std::string> solve_order_text(std::string_view text);

} // namespace proctor
