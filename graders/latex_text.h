// SPDX-License-Identifier: MIT
#pragma once

// Answers as text, with the spellings that mean the same brought to one: what LaTeX adds for the eye is dropped,
// Unicode look-alikes become ASCII. No mathematics: "1/2" and "\frac{1}{2}" stay different. Pure, linear, any bytes.

#include <string>
#include <string_view>

namespace proctor {

// Drops math delimiters, \left \right, spacing commands, text and font commands with their braces, degree and money
// signs; \dfrac and \tfrac become \frac, \frac12 \frac{1}{2}; blanks are folded. A trailing period goes.
std::string normalise_latex(std::string_view text);

// normalise_latex without blanks (but those between digits) and outer braces: equal keys are equal answers. Words
// ("No solution", more than one letter and nothing else) in lower case.
std::string latex_text_key(std::string_view text);

} // namespace proctor
