// SPDX-License-Identifier: MIT
#include "reports/planning.h"

#include <cmath>

#include "reports/distributions.h"

namespace proctor {
namespace {

// Questions until deviation / sqrt(n) times `factor` is at most `wanted`.
std::optional<int64_t> questions(double deviation, double factor, double wanted) {
  if (!(wanted > 0)) return std::nullopt;
  const double n = std::pow(factor * deviation / wanted, 2);
  constexpr double kRounding = 1e-9; // 30.000000000001 is 30
  if (!(n < 1e15)) return std::nullopt;
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(n - kRounding)));
}

} // namespace

double score_deviation(const Design& design) { return std::sqrt(design.between + design.within / design.samples); }

double difference_deviation(const Design& design) {
  return std::sqrt(design.between + design.within / design.samples + design.within / design.base_samples);
}

double detectable_difference(const Design& design, double n_questions, double level, double power) {
  return (two_sided_z(level) + normal_quantile(power)) * difference_deviation(design) / std::sqrt(n_questions);
}

std::optional<int64_t> questions_to_detect(const Design& design, double difference, double level, double power) {
  return questions(difference_deviation(design), two_sided_z(level) + normal_quantile(power), difference);
}

std::optional<int64_t> questions_for_margin(const Design& design, double margin, double alpha, double power) {
  return questions(difference_deviation(design), normal_quantile(1 - alpha) + normal_quantile(power), margin);
}

std::optional<int64_t> questions_for_precision(const Design& design, double half_width, double level) {
  return questions(score_deviation(design), two_sided_z(level), half_width);
}

} // namespace proctor
