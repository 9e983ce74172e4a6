// SPDX-License-Identifier: MIT
#pragma once

// Reading code: what does a small deterministic program print? Told in Python or in pseudo-code. Programs halt by
// construction (counted loops only) and keep every value a non-negative integer, so that the languages agree on what
// a remainder is. Answers are the sum of two or three variables; the most common one has about 2 % of the draws.
//
// Level = assignments executed: 4 (no loop), 6 (a loop), 12 and 24 (three variables, a branch in the loop).

#include "tasks/gen/family.h"

namespace proctor {

GeneratedQuestion generate_trace(int level, uint64_t seed, uint64_t index);

// Interprets the printed lines by their indentation, knowing nothing of how they were made.
std::optional<std::string> solve_trace_text(std::string_view text);

} // namespace proctor
