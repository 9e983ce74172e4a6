// SPDX-License-Identifier: MIT
#pragma once

// Numbers as models write them, read exactly: no floating point, so 0.1 is one tenth and nothing is "close". Sizes
// are bounded (1,000 digits, exponents up to 1,000): longer ones are no numbers here. Pure, thread-safe, never
// throws.

#include <optional>
#include <string>
#include <string_view>

namespace proctor {

// A rational in lowest terms as text: "7/2", "-3", "0". Equal values are equal strings.
struct ExactNumber {
  std::string value; // "50\%" has the value "1/2"
  std::string bare;  // without the percent sign: "50"; equal to value where there is none
  bool is_percent = false;
  bool is_integer_literal = false; // written as a whole number: 073, 1,234, 73.0, 5e2; not 146/2
};

// One number with what may stand around it: LaTeX and math delimiters, a currency sign, thousands separators, a unit
// or other words after it ("18 dollars"), an assignment or a chain of equal members ("x = 5", "20+3 = 23") whose
// arithmetic is checked. A list ("3, 4"), a hedge ("3 or 4"), an open expression ("20+3") are no number. An
// approximation ("\sqrt 2 \approx 1.41") counts as its exact side where that is a number, else as the decimal.
std::optional<ExactNumber> read_number(std::string_view text);

// The same under competition rules, where the answer is a whole number: the canonical integer of "073", "73.0",
// "73^\circ", "m+n=73", "128+693=821", "73 \pmod{1000}". Approximations and fractions do not count.
std::optional<std::string> read_integer(std::string_view text);

} // namespace proctor
