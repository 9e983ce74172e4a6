// SPDX-License-Identifier: MIT
#pragma once

// The mathematics of a text as MathML Core (W3C, 2024), which browsers lay out without scripts; all else escaped. The
// part of TeX that answers are written in: fractions, roots, scripts, Greek, common signs, text, matrices of one
// row. A formula with anything else, or unbalanced, or very long, stays as it was written. Linear in the text.

#include <optional>
#include <string>
#include <string_view>

namespace proctor {

// Formulas between $ on one line, $$, \( \) and \[ \], and a \boxed{...} outside of them.
std::string math_html(std::string_view text);

// One formula without its delimiters; nullopt: not of the part that is known.
std::optional<std::string> tex_to_mathml(std::string_view tex, bool display = false);

} // namespace proctor
