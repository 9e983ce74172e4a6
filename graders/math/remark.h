// SPDX-License-Identifier: MIT
#pragma once

// Short remarks that would read as formulas: "I give up" is a symbol with a unit, "5 is wrong" five of something.

#include <string_view>

namespace proctor::math {

// Whether a whole response remarks on an answer, or on having none, instead of being one. "5 apples", "x feet",
// "I and II only" and "two thirds" are answers.
bool is_remark(std::string_view text);

// The part of them that has no answer to give, whatever the question: "I do not know", "Sorry", "N/A".
bool is_refusal(std::string_view text);

} // namespace proctor::math
