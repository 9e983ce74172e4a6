// SPDX-License-Identifier: MIT
#pragma once

// Whether what a program printed is what was expected. Pure; any bytes; linear.

#include <string>
#include <string_view>

namespace proctor {

enum class OutputRule {
  lines,  // LiveCodeBench: lines stripped, as many of them, each equal or equal token by token as decimal numbers
  tokens, // CodeContests: tokens at blanks, case folded; integers exactly, other numbers within 1e-5
};

struct OutputMatch {
  bool equal = false;
  std::string difference; // where they part, one line; empty when equal
};

OutputMatch match_output(OutputRule rule, std::string_view got, std::string_view expected);

// The decimal value of both texts is the same: optional sign, digits with one point, exponent; underscores, inf and
// nan as Python's decimal reads them (nan equals nothing). Exact at any length.
bool equal_decimals(std::string_view a, std::string_view b);

} // namespace proctor
