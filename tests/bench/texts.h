// SPDX-License-Identifier: MIT
#pragma once

// Texts like those that reasoning models write, of any size.

#include <string>

namespace proctor {

// About `bytes` of thinking with formulas and line ends, then a boxed answer.
inline std::string reasoning_text(size_t bytes) {
  std::string text = "<think>\n";
  for (int i = 0; text.size() < bytes; ++i)
    text += "Step " + std::to_string(i) + ": so $x_{" + std::to_string(i) + "} = \\frac{" + std::to_string(3 * i + 1) +
            "}{7}$, wait, let me \"check\" that once more.\n";
  return text + "</think>\nThe answer is \\boxed{204}.";
}

} // namespace proctor
