// SPDX-License-Identifier: MIT
#pragma once

// Nested exact arithmetic (integers, every division exact), told as an expression, a chain of instructions or named
// parts. The answer is uniform over 0-999 because the last addition or subtraction is chosen to make it so: the most
// common answer has about 0.1 % of the draws, and guessing is worth as much.
//
// Level = number of operations: 2, 4, 6, 9, with larger operands as it grows.

#include "tasks/gen/family.h"

namespace proctor {

GeneratedQuestion generate_arith(int level, uint64_t seed, uint64_t index);

// Reads the printed words and evaluates with a shunting-yard of its own.
std::optional<std::string> solve_arith_text(std::string_view text);

} // namespace proctor
