// SPDX-License-Identifier: MIT
#pragma once

// Tokens to a tree: operator precedence over explicit classes of operators, what follows a value decides between
// product, power, unit and end. One reading per call; who compares asks again under another Reading where the
// spelling was ambiguous. Recursion is bounded by kMaxDepth, whatever the input.

#include <optional>

#include "graders/math/ast.h"
#include "graders/math/lexer.h"

namespace proctor::math {

// nullopt: not mathematics from the first token to the last (words, unbalanced brackets, too large).
std::optional<Expr> parse(Lexed lexed, const Reading& reading);

} // namespace proctor::math
