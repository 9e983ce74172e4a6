// SPDX-License-Identifier: MIT
#pragma once

// gcd and lcm of what FLINT's integers do not cover: products of powers such as 50x, x^2 y, 3\pi, 2\sqrt5. A number
// that is not rational, like a variable, counts as an indeterminate; coefficients are taken over Z where all are
// whole and over the field Q, where gcd and lcm are monic, otherwise.

#include <optional>
#include <string>
#include <vector>

#include "graders/math/tape.h"

namespace proctor::math {

struct Factor {
  std::string key; // its structure
  Ref base = 0;
  int64_t power = 1;
};

struct Monomial {
  int64_t top = 1, bottom = 1; // coefficient, lowest terms
  std::vector<Factor> factors;
};

// nullopt: a sum, or numbers beyond 2^53.
std::optional<Monomial> as_monomial(const Tree& tree, Ref node);

Monomial greatest_common_divisor(const Monomial& a, const Monomial& b);
std::optional<Monomial> least_common_multiple(const Monomial& a, const Monomial& b);

} // namespace proctor::math
