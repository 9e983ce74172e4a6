// SPDX-License-Identifier: MIT
#include "reports/intervals.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "reports/distributions.h"
#include "reports/sum.h"

namespace proctor {
namespace {

bool is_share(double x, double n) { return n > 0 && x >= 0 && x <= n; }

template <class Get> double sum_over(std::span<const Observation> questions, Get get) {
  std::vector<double> terms;
  terms.reserve(questions.size());
  for (const Observation& question : questions) terms.push_back(get(question));
  return ordered_sum(std::move(terms));
}

double mean_of(std::span<const Observation> questions) {
  return sum_over(questions, [](const Observation& q) { return q.value; }) / static_cast<double>(questions.size());
}

// The equal-weight mean of n questions with K_i draws varies like that of so many pooled draws: n^2 / sum 1/K_i.
double pooled_draws(std::span<const Observation> questions) {
  const auto n = static_cast<double>(questions.size());
  return n * n / sum_over(questions, [](const Observation& q) { return 1 / q.draws; });
}

struct ClusterSums {
  size_t count = 0;          // C
  double sum_of_squares = 0; // of the sums of deviations
};

ClusterSums sum_clusters(std::span<const Observation> questions, double mean) {
  std::map<std::string_view, std::vector<double>> shared;
  std::vector<double> squares;
  for (const Observation& question : questions) {
    const double deviation = question.value - mean;
    if (question.cluster.empty())
      squares.push_back(square(deviation));
    else
      shared[question.cluster].push_back(deviation);
  }
  for (auto& [name, deviations] : shared) squares.push_back(square(ordered_sum(std::move(deviations))));
  return {squares.size(), ordered_sum(squares)};
}

bool at_boundary(double share) { return share <= kNearZero || share >= 1 - kNearZero; }

} // namespace

Interval wilson(double p, double n, double critical, double level) {
  const double z2 = critical * critical;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = critical * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
  // At 0 and 1 the formula gives the bound itself but for rounding.
  return {p <= 0 ? 0 : std::max(0.0, centre - half), p >= 1 ? 1 : std::min(1.0, centre + half), level, "Wilson", n};
}

std::optional<Interval> wilson_interval(double x, double n, double level) {
  if (!is_share(x, n)) return std::nullopt;
  return wilson(x / n, n, two_sided_z(level), level);
}

std::optional<Interval> clopper_pearson_interval(double x, double n, double level) {
  if (!is_share(x, n)) return std::nullopt;
  const double tail = (1 - level) / 2;
  return Interval{x == 0 ? 0 : beta_quantile(tail, x, n - x + 1), x == n ? 1 : beta_quantile(1 - tail, x + 1, n - x),
                  level, "Clopper-Pearson"};
}

std::optional<Interval> beta_interval(double x, double n, double prior, double level) {
  if (!is_share(x, n) || prior <= 0) return std::nullopt;
  const double tail = (1 - level) / 2;
  return Interval{beta_quantile(tail, x + prior, n - x + prior), beta_quantile(1 - tail, x + prior, n - x + prior),
                  level, fmt::format("Beta({0:g},{0:g}) posterior", prior)};
}

std::optional<Spread> decompose(std::span<const Observation> questions) {
  if (questions.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(questions.size());
  Spread spread;
  spread.mean = mean_of(questions);
  spread.of_means =
      sum_over(questions, [&](const Observation& q) { return square(q.value - spread.mean); }) / (n - 1);
  const auto n_known = static_cast<double>(
      std::ranges::count_if(questions, [](const Observation& q) { return q.variance.has_value(); }));
  if (n_known == 0) {
    spread.between = spread.of_means;
    return spread;
  }
  spread.within =
      sum_over(questions, [](const Observation& q) { return q.variance.value_or(0) * q.draws; }) / n_known;
  const double noise = sum_over(questions, [](const Observation& q) { return q.variance.value_or(0); }) / n_known;
  spread.between = std::max(0.0, spread.of_means - noise);
  if (spread.between + spread.within > 0) spread.icc = spread.between / (spread.between + spread.within);
  return spread;
}

std::optional<double> rerun_se(std::span<const Observation> questions) {
  const auto n = static_cast<double>(questions.size());
  std::vector<double> known, per_draw;
  double without = 0; // sum of 1/K_i of the questions that have no variance
  for (const Observation& question : questions) {
    if (question.variance) {
      known.push_back(*question.variance);
      per_draw.push_back(*question.variance * question.draws);
    } else
      without += 1 / question.draws;
  }
  if (known.empty() || 2 * known.size() < questions.size()) return std::nullopt;
  const double imputed = without > 0 ? ordered_mean(std::move(per_draw)) * without : 0;
  return without_rounding(std::sqrt(ordered_sum(std::move(known)) + imputed) / n);
}

std::optional<double> clustered_se(std::span<const Observation> questions) {
  if (questions.empty()) return std::nullopt;
  const ClusterSums sums = sum_clusters(questions, mean_of(questions));
  if (sums.count < 2) return std::nullopt;
  return without_rounding(std::sqrt(sums.sum_of_squares) / static_cast<double>(questions.size()));
}

std::optional<double> generalise_se(std::span<const Observation> questions) {
  if (questions.empty()) return std::nullopt;
  const ClusterSums sums = sum_clusters(questions, mean_of(questions));
  if (sums.count < 2) return std::nullopt;
  const auto c = static_cast<double>(sums.count);
  return without_rounding(std::sqrt(sums.sum_of_squares * c / (c - 1)) / static_cast<double>(questions.size()));
}

std::optional<Interval> rerun_interval(std::span<const Observation> questions, double level) {
  if (questions.empty()) return std::nullopt;
  const double mean = mean_of(questions), z = two_sided_z(level);
  const std::optional<double> se = rerun_se(questions);
  const bool has_noise = se && *se > 0 && !at_boundary(mean);
  const double n_eff = has_noise ? mean * (1 - mean) / square(*se) : pooled_draws(questions);
  Interval interval = wilson(mean, n_eff, z, level);
  interval.method = has_noise ? fmt::format("Wilson, n_eff = {:.1f} from the variance within questions", n_eff)
                              : fmt::format("Wilson on all {:.4g} draws, conservative", n_eff);
  return interval;
}

std::optional<Interval> rerun_difference_interval(std::span<const Observation> base, std::span<const Observation> cand, double level) {
  const auto base_se = rerun_se(base), cand_se = rerun_se(cand);
  if (!base_se || !cand_se || *base_se + *cand_se <= 0) return std::nullopt;
  const double from = mean_of(base), to = mean_of(cand);
  const Interval a = *rerun_interval(base, level), b = *rerun_interval(cand, level);
  return Interval{to - from - std::hypot(to - b.lo, a.hi - from), to - from + std::hypot(b.hi - to, from - a.lo), level,
                  "Newcombe, from the rerun intervals of both runs"};
}

std::optional<Interval> generalise_interval(std::span<const Observation> questions, double level) {
  const std::optional<double> se = generalise_se(questions);
  if (!se) return std::nullopt;
  const double mean = mean_of(questions);
  const auto c = static_cast<double>(sum_clusters(questions, mean).count);
  const bool clustered = c < static_cast<double>(questions.size());
  double n_eff = c;
  if (!at_boundary(mean)) {
    n_eff = sum_over(questions, [](const Observation& q) { return q.draws; });
    if (*se > 0) n_eff = std::min(n_eff, mean * (1 - mean) / square(*se));
  }
  Interval interval = wilson(mean, n_eff, two_sided_t(level, c - 1), level);
  interval.method = fmt::format("Wilson, n_eff = {:.1f}, t with {} df{}", n_eff, c - 1,
                                clustered ? fmt::format(", {} clusters", c) : "");
  return interval;
}

std::optional<Posterior> bayes_at_n(std::span<const int> correct, int samples) {
  if (correct.empty() || samples < 1) return std::nullopt;
  const auto n = static_cast<double>(correct.size());
  double sum = 0, spread = 0;
  for (int c : correct) {
    if (c < 0 || c > samples) return std::nullopt;
    const double rate = (c + 1.0) / (samples + 2.0);
    sum += rate;
    spread += rate * (1 - rate);
  }
  return Posterior{sum / n, std::sqrt(spread / (n * n * (samples + 3.0)))};
}

} // namespace proctor
