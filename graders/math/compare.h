// SPDX-License-Identifier: MIT
#pragma once

// Equality of two parsed answers of any shape: numbers, expressions, tuples, sets, intervals, relations, matrices,
// times, units, text. The gold's shape steers how the answer is taken; leniency comes from named policies alone, and
// each one that a verdict rests on is listed in it.

#include <string>
#include <vector>

#include "graders/math/ast.h"
#include "graders/math/numeric_kernel.h"
#include "graders/math/policy.h"
#include "graders/math/scalar_equal.h"

namespace proctor::math {

struct MathVerdict {
  Equality equality = Equality::unknown;
  std::string certificate;           // what the verdict rests on
  std::string witness;               // where they differ; may be empty
  std::vector<std::string> policies; // leniencies that it needed
};

MathVerdict compare_answers(Expr gold, Expr pred, const Policies& policies, const NumericKernel& kernel,
                            const Deadline& deadline);

} // namespace proctor::math
