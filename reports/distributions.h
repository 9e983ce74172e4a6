// SPDX-License-Identifier: MIT
#pragma once

// Quantiles and distribution functions, from Boost.Math. Arguments must lie in the stated domain: anything else is a
// bug of the caller and aborts.

#include <vector>

namespace proctor {

constexpr double square(double x) { return x * x; }

double normal_cdf(double z);
double normal_quantile(double p); // 0 < p < 1
double student_cdf(double t, double df);
double student_quantile(double p, double df);  // 0 < p < 1, df > 0
double beta_cdf(double x, double a, double b); // the regularised incomplete beta function; 0 <= x <= 1, a, b > 0
double beta_quantile(double p, double a, double b);
double log_beta(double a, double b);           // ln B(a, b)
double chi_squared_upper(double x, double df); // P(X > x); x >= 0

// The z or t that leaves (1 - level)/2 in each tail. Degrees of freedom: df > 0.
double two_sided_z(double level);
double two_sided_t(double level, double df);

// Probabilities of first, first + 1, ...; they sum to 1.
struct Pmf {
  int first = 0;
  std::vector<double> p;
};

// Of how many of `marked` among `n_a + n_b` fall among the n_a. By ratios from the mode: full precision at any size.
Pmf hypergeometric(int n_a, int n_b, int marked);

} // namespace proctor
