// SPDX-License-Identifier: MIT
#pragma once

// Unicode mathematics spelled in ASCII LaTeX, so that one lexer serves both: "x²" becomes "x^{2}", "½" "\frac{1}{2}",
// "−" "-", "π" "\pi ". Pure, linear; bytes that mean nothing here stay as they are.

#include <string>
#include <string_view>

namespace proctor::math {

bool is_ascii(std::string_view text);
std::string fold_unicode(std::string_view text);

} // namespace proctor::math
