// SPDX-License-Identifier: MIT
#pragma once

// Derivatives carried out: d/dx x^2 becomes 2x. The parser writes a derivative as the call "deriv", or
// "partial", with the function and the variable as children and the order as value.

#include "graders/math/ast.h"
#include "graders/math/scalar_equal.h"

namespace proctor::math {

// Only that part of an answer, in a tree of its own, each derivative replaced where the rules of the calculus give
// it. What remains: dy/dx, which is a name, and what has no rule here. nullopt: nothing to carry out.
std::optional<Expr> differentiated(Term term);

// A derivative that has a value, rather than dy/dx, which is a name.
bool is_open_derivative(const Tree& tree, Ref node);

} // namespace proctor::math
