// SPDX-License-Identifier: MIT
#include "reports/distributions.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "harness/check.h"

namespace proctor {

namespace bm = boost::math;

double normal_cdf(double z) { return bm::cdf(bm::normal(), z); }

double normal_quantile(double p) {
  PROCTOR_CHECK(p > 0 && p < 1);
  return bm::quantile(bm::normal(), p);
}

double student_cdf(double t, double df) {
  PROCTOR_CHECK(df > 0);
  return bm::cdf(bm::students_t(df), t);
}

double student_quantile(double p, double df) {
  PROCTOR_CHECK(p > 0 && p < 1 && df > 0);
  return bm::quantile(bm::students_t(df), p);
}

double beta_cdf(double x, double a, double b) {
  PROCTOR_CHECK(x >= 0 && x <= 1 && a > 0 && b > 0);
  return bm::cdf(bm::beta_distribution<>(a, b), x);
}

double beta_quantile(double p, double a, double b) {
  PROCTOR_CHECK(p >= 0 && p <= 1 && a > 0 && b > 0);
  return bm::quantile(bm::beta_distribution<>(a, b), p);
}

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

double chi_squared_upper(double x, double df) {
  PROCTOR_CHECK(x >= 0 && df > 0);
  return bm::cdf(bm::complement(bm::chi_squared(df), x));
}

double two_sided_z(double level) { return normal_quantile(0.5 + level / 2); }
double two_sided_t(double level, double df) { return student_quantile(0.5 + level / 2, df); }

Pmf hypergeometric(int n_a, int n_b, int marked) {
  PROCTOR_CHECK(n_a >= 0 && n_b >= 0 && marked >= 0 && marked <= n_a + n_b);
  const int low = std::max(0, marked - n_b), high = std::min(n_a, marked);
  Pmf pmf{low, std::vector<double>(static_cast<size_t>(high - low) + 1)};
  const double mean_mode = (n_a + 1.0) * (marked + 1.0) / (n_a + n_b + 2.0);
  const int mode = std::clamp(static_cast<int>(mean_mode), low, high);
  auto at = [&](int x) -> double& { return pmf.p[static_cast<size_t>(x - low)]; };
  auto step_up = [&](int x) { return double(n_a - x) * (marked - x) / ((x + 1.0) * (n_b - marked + x + 1.0)); };
  at(mode) = 1;
  for (int x = mode; x < high; ++x) at(x + 1) = at(x) * step_up(x);
  for (int x = mode; x > low; --x) at(x - 1) = at(x) / step_up(x - 1);
  double sum = 0;
  for (double p : pmf.p) sum += p;
  for (double& p : pmf.p) p /= sum;
  return pmf;
}

} // namespace proctor
