// SPDX-License-Identifier: MIT
#pragma once

// What the parts of an answer mean beyond their syntax: names and the values assigned to them, alternatives behind a
// plus-minus sign, lists, matrices, clock times. New nodes go into the answer's own tree.

#include <optional>
#include <string>
#include <vector>

#include "graders/math/scalar_equal.h"

namespace proctor::math {

// Something that names a value: a variable, f(x), a length |AB|, a ratio or tuple of names.
bool is_name(Term term);

// "x = 5+5+1 = 11 \approx 11.0": the last exact member, and what it is the value of.
struct Assignment {
  std::optional<Term> name; // absent: a chain of closed expressions, "2+2=4"
  Term value;
  std::optional<Term> exact = std::nullopt; // "0.667 \approx 2/3": what the value, a decimal, is near
};

// nullopt: not an assignment but a relation in its own right ("7=11a+c", "x<3").
std::optional<Assignment> as_assignment(Term relation);

bool has_variables(Term term);
bool is_decimal(Term term); // written with a decimal point

// The values of a term with \pm and \mp expanded, upper signs first; the term alone when it has none.
std::vector<Ref> expand_signs(Tree& tree, Ref node);

// Matrix arithmetic carried out: sums, products and multiples of matrices become one matrix; 2i+3j a tuple. The node
// itself when there is nothing to do.
Ref evaluate_matrices(Tree& tree, Ref node);

// Rows of a matrix given as one, or as a tuple of tuples.
struct Grid {
  size_t columns = 0;
  std::vector<Term> cells;
};
std::optional<Grid> as_grid(Term term);
bool holds_matrix(Term term);

// The components of a tuple, a one-row or a one-column matrix.
std::optional<std::vector<Term>> as_vector(Term term);

struct Clock {
  int seconds = 0;
  bool half_day = false; // am or pm said
};
std::optional<Clock> as_clock(Term term);

} // namespace proctor::math
