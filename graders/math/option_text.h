// SPDX-License-Identifier: MIT
#pragma once

// Options among mathematical answers: "D" for "(D) Alina", "BCD" for "B, C and D", 12 for "(B) 12". Pure, any bytes.

#include <optional>
#include <string_view>

namespace proctor::math {

// Both choose the same options, and at least one of them is nothing but letters.
bool same_choice(std::string_view gold, std::string_view pred);

// What stands behind a label: 12 in "(B) 12", "B. 12", "\textbf{(B)}\ 12"; 2 in "A: 2", "n: 2" and "Answer: 2".
std::optional<std::string_view> behind_label(std::string_view text);

} // namespace proctor::math
