// SPDX-License-Identifier: MIT
#include "reports/paired.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>

#include "harness/random.h"
#include "reports/distributions.h"
#include "reports/sum.h"

namespace proctor {
namespace {

// Point masses below it can move no p-value that anybody prints; they are cut off so that wide sums stay cheap.
constexpr double kNegligible = 1e-200;
// Masses that are equal but for rounding count as equal.
constexpr double kTie = 1 + 1e-7;

Pmf convolve(const Pmf& a, const Pmf& b) {
  Pmf sum{a.first + b.first, std::vector<double>(a.p.size() + b.p.size() - 1, 0.0)};
  for (size_t i = 0; i < a.p.size(); ++i)
    for (size_t j = 0; j < b.p.size(); ++j) sum.p[i + j] += a.p[i] * b.p[j];
  size_t begin = 0, end = sum.p.size();
  while (begin + 1 < end && sum.p[begin] < kNegligible) ++begin;
  while (end > begin + 1 && sum.p[end - 1] < kNegligible) --end;
  sum.p = std::vector<double>(sum.p.begin() + static_cast<std::ptrdiff_t>(begin),
                              sum.p.begin() + static_cast<std::ptrdiff_t>(end));
  sum.first += static_cast<int>(begin);
  return sum;
}

Pmf null_distribution(std::span<const Pair> pairs) {
  Pmf total{0, {1.0}};
  for (const Pair& pair : pairs) {
    const Pmf one = hypergeometric(pair.n_cand, pair.n_base, pair.cand + pair.base);
    if (one.p.size() == 1)
      total.first += one.first;
    else
      total = convolve(total, one);
  }
  return total;
}

void set_exact(const Pmf& pmf, int observed, Cmh& result) {
  double less = 0, greater = 0, point = 0;
  for (size_t i = 0; i < pmf.p.size(); ++i) {
    const int x = pmf.first + static_cast<int>(i);
    (x < observed ? less : x > observed ? greater : point) += pmf.p[i];
  }
  result.p_less = std::min(1.0, less + point);
  result.p_greater = std::min(1.0, greater + point);
  result.mid_less = less + point / 2;
  result.mid_greater = greater + point / 2;
  result.p_mid = std::min(1.0, 2 * std::min(result.mid_less, result.mid_greater));
  result.p_exact = 0;
  for (double p : pmf.p)
    if (p <= point * kTie) result.p_exact += p;
  result.p_exact = std::min(1.0, result.p_exact);
}

std::optional<double> odds_ratio(std::span<const Pair> pairs) {
  double up = 0, down = 0;
  for (const Pair& pair : pairs) {
    const double n = pair.n_cand + pair.n_base;
    up += double(pair.cand) * (pair.n_base - pair.base) / n;
    down += double(pair.base) * (pair.n_cand - pair.cand) / n;
  }
  if (down <= 0) return std::nullopt;
  return up / down;
}

// Of the share x/n around its question's rate; the unbiased variance of one sample, over n.
double arm_variance(int x, int n, const Pair& pair) {
  if (n >= 2) {
    const double share = double(x) / n;
    return share * (1 - share) / (n - 1);
  }
  const double both = pair.n_base + pair.n_cand, pooled = (pair.base + pair.cand) / both;
  return pooled * (1 - pooled) * both / (both - 1) / n;
}

bool one_sample_each(std::span<const Pair> pairs) {
  return std::ranges::all_of(pairs, [](const Pair& pair) { return pair.n_base == 1 && pair.n_cand == 1; });
}

// Tango's score statistic for the difference delta: b - c - n delta over its null deviation, with the maximum
// likelihood estimate of the rate of c under that difference.
double tango_score(int b, int c, int n, double delta) {
  const double linear = -b - c + (2.0 * n - b + c) * delta, constant = -c * delta * (1 - delta);
  const double rate = (std::sqrt(std::max(0.0, linear * linear - 8.0 * n * constant)) - linear) / (4.0 * n);
  const double variance = n * (2 * rate + delta * (1 - delta));
  const double distance = b - c - n * delta;
  if (variance <= 0) return distance == 0 ? 0 : std::copysign(INFINITY, distance);
  return distance / std::sqrt(variance);
}

// The score falls as delta grows: the delta at which it crosses `wanted`.
double solve_tango(int b, int c, int n, double wanted) {
  double lo = -1, hi = 1;
  for (int i = 0; i < 100; ++i) {
    const double middle = (lo + hi) / 2;
    (tango_score(b, c, n, middle) > wanted ? lo : hi) = middle;
  }
  return (lo + hi) / 2;
}

// Sums over clusters, in a fixed order, those of their own first.
std::vector<double> cluster_sums(std::span<const Difference> differences) {
  std::map<std::string_view, std::vector<double>> shared;
  std::vector<double> sums;
  for (const Difference& difference : differences)
    if (difference.cluster.empty())
      sums.push_back(difference.value);
    else
      shared[difference.cluster].push_back(difference.value);
  for (auto& [name, values] : shared) sums.push_back(ordered_sum(std::move(values)));
  return sums;
}

// Sums that differ by rounding alone are equal: that of the sums, and that of the shares in them.
constexpr double kRoundingOfShares = 1e-12;
double slack_of(std::span<const double> sums) {
  double size = 1;
  for (double sum : sums) size += std::abs(sum);
  return kRoundingOfShares * size;
}

SignFlip flip_all(const std::vector<double>& sums, double observed, double slack) {
  const auto total = uint64_t{1} << sums.size();
  double sum = 0;
  for (double one : sums) sum += one;
  uint64_t two_sided = 0, less = 0;
  std::vector<double> sign(sums.size(), 1);
  for (uint64_t code = 0;; ) {
    two_sided += std::abs(sum) >= std::abs(observed) - slack;
    less += sum <= observed + slack;
    if (++code == total) break;
    const auto bit = static_cast<size_t>(std::countr_zero(code)); // Gray code: one sign changes per step
    sign[bit] = -sign[bit];
    sum += 2 * sign[bit] * sums[bit];
  }
  return {double(two_sided) / double(total), double(less) / double(total), true};
}

constexpr int kFlips = 100'000;

SignFlip flip_some(const std::vector<double>& sums, double observed, double slack, uint64_t seed) {
  SplitMix64 random(seed);
  int two_sided = 0, less = 0;
  for (int round = 0; round < kFlips; ++round) {
    double sum = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < sums.size(); ++i, bits >>= 1) {
      if (i % 64 == 0) bits = random.next();
      sum += (bits & 1) != 0 ? sums[i] : -sums[i];
    }
    two_sided += std::abs(sum) >= std::abs(observed) - slack;
    less += sum <= observed + slack;
  }
  return {(1.0 + two_sided) / (1 + kFlips), (1.0 + less) / (1 + kFlips), false};
}

std::vector<size_t> order_of(std::span<const double> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return p[i]; });
  return order;
}

} // namespace

std::optional<Cmh> cmh(std::span<const Pair> pairs) {
  if (pairs.empty()) return std::nullopt;
  Cmh result;
  int observed = 0;
  for (const Pair& pair : pairs) {
    const double n = pair.n_base + pair.n_cand, m = pair.base + pair.cand;
    observed += pair.cand;
    result.expected += pair.n_cand * m / n;
    if (n > 1) result.variance += double(pair.n_cand) * pair.n_base * m * (n - m) / (n * n * (n - 1));
  }
  result.sum = observed;
  if (result.variance > 0) {
    result.z = (result.sum - result.expected) / std::sqrt(result.variance);
    result.p_normal = 2 * normal_cdf(-std::abs(*result.z));
  }
  set_exact(null_distribution(pairs), observed, result);
  result.odds_ratio = odds_ratio(pairs);
  return result;
}

McNemar mcnemar(int b, int c) {
  std::vector<Pair> discordant(static_cast<size_t>(b), Pair{1, 0, 1, 1, {}});
  discordant.insert(discordant.end(), static_cast<size_t>(c), Pair{1, 1, 1, 0, {}});
  if (discordant.empty()) return {};
  const Cmh result = *cmh(discordant);
  return {std::min(1.0, 2 * std::min(result.p_less, result.p_greater)), result.p_mid};
}

double fisher_exact(const Pair& pair) { return cmh(std::span(&pair, 1))->p_exact; }

double mean_difference(std::span<const Pair> pairs) {
  std::vector<double> differences;
  for (const Pair& pair : pairs) differences.push_back(pair.difference());
  return ordered_mean(std::move(differences));
}

std::optional<double> fixed_difference_se(std::span<const Pair> pairs) {
  if (pairs.empty()) return std::nullopt;
  std::vector<double> variances;
  for (const Pair& pair : pairs)
    variances.push_back(arm_variance(pair.base, pair.n_base, pair) + arm_variance(pair.cand, pair.n_cand, pair));
  const double sum = ordered_sum(std::move(variances));
  if (sum <= 0) return std::nullopt;
  return std::sqrt(sum) / static_cast<double>(pairs.size());
}

Interval tango_interval(int b, int c, int n, double level) {
  const double z = two_sided_z(level);
  return {solve_tango(b, c, n, z), solve_tango(b, c, n, -z), level, "Tango score interval of paired proportions"};
}

std::optional<Interval> fixed_difference_interval(std::span<const Pair> pairs, double level) {
  if (pairs.empty()) return std::nullopt;
  if (one_sample_each(pairs)) {
    int b = 0, c = 0;
    for (const Pair& pair : pairs) b += pair.cand > pair.base, c += pair.cand < pair.base;
    return tango_interval(b, c, static_cast<int>(pairs.size()), level);
  }
  std::vector<Observation> base, cand;
  for (const Pair& pair : pairs) {
    base.push_back({double(pair.base) / pair.n_base, double(pair.n_base), arm_variance(pair.base, pair.n_base, pair), {}});
    cand.push_back({double(pair.cand) / pair.n_cand, double(pair.n_cand), arm_variance(pair.cand, pair.n_cand, pair), {}});
  }
  return rerun_difference_interval(base, cand, level);
}

std::optional<Interval> generalise_difference_interval(std::span<const Difference> differences, double level) {
  std::vector<Observation> observations;
  std::vector<double> values;
  for (const Difference& difference : differences) {
    observations.push_back({difference.value, 1, std::nullopt, difference.cluster});
    values.push_back(difference.value);
  }
  const std::optional<double> se = generalise_se(observations);
  if (!se || *se <= 0) return std::nullopt;
  const auto c = static_cast<double>(cluster_sums(differences).size());
  const double mean = ordered_mean(std::move(values)), half = two_sided_t(level, c - 1) * *se;
  return Interval{std::max(-1.0, mean - half), std::min(1.0, mean + half), level,
                  fmt::format("paired t with {} df{}", c - 1,
                              c < static_cast<double>(differences.size()) ? fmt::format(", {} clusters", c) : "")};
}

int64_t count_clusters(std::span<const Difference> differences) { return static_cast<int64_t>(cluster_sums(differences).size()); }

double least_sign_flip_p(int64_t n_clusters) { return std::min(1.0, std::exp2(1.0 - static_cast<double>(n_clusters))); }

std::optional<SignFlip> sign_flip(std::span<const Difference> differences, uint64_t seed) {
  if (differences.empty()) return std::nullopt;
  std::vector<double> sums = cluster_sums(differences);
  std::erase_if(sums, [](double sum) { return std::abs(sum) < kRoundingOfShares; }); // the same under both signs
  if (sums.empty()) return SignFlip{1, 1, true};
  double observed = 0;
  for (double sum : sums) observed += sum;
  const double slack = slack_of(sums);
  constexpr size_t kMostExact = 20;
  return sums.size() <= kMostExact ? flip_all(sums, observed, slack) : flip_some(sums, observed, slack, seed);
}

std::optional<GeometricRatio> geometric_ratio(std::span<const Difference> logs, double level) {
  if (logs.empty()) return std::nullopt;
  std::vector<Observation> observations;
  std::vector<double> values;
  for (const Difference& log : logs) {
    if (!std::isfinite(log.value)) return std::nullopt;
    observations.push_back({log.value, 1, std::nullopt, log.cluster});
    values.push_back(log.value);
  }
  const double mean = ordered_mean(std::move(values));
  GeometricRatio result{std::exp(mean), std::nullopt};
  if (const auto se = generalise_se(observations)) {
    const double half = two_sided_t(level, static_cast<double>(count_clusters(logs)) - 1) * *se;
    result.interval = Interval{std::exp(mean - half), std::exp(mean + half), level, "paired t on log ratios"};
  }
  return result;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<double> adjusted(p.size());
  double worst = 0;
  const std::vector<size_t> order = order_of(p);
  for (size_t rank = 0; rank < order.size(); ++rank) {
    worst = std::max(worst, p[order[rank]] * static_cast<double>(order.size() - rank));
    adjusted[order[rank]] = std::min(1.0, worst);
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  std::vector<double> adjusted(p.size());
  double least = 1;
  const std::vector<size_t> order = order_of(p);
  for (size_t rank = order.size(); rank > 0; --rank) {
    least = std::min(least, p[order[rank - 1]] * static_cast<double>(order.size()) / static_cast<double>(rank));
    adjusted[order[rank - 1]] = least;
  }
  return adjusted;
}

double gsprt_llr(int n, double mean, double variance, double s0, double s1) {
  return n * (s1 - s0) * (2 * mean - s0 - s1) / (2 * variance);
}

double Gsprt::lower() const { return std::log(beta / (1 - alpha)); }
double Gsprt::upper() const { return std::log((1 - beta) / alpha); }

double Gsprt::llr(const Sums& sums) const {
  if (sums.n == 0) return 0;
  const double mean = sums.sum / sums.n;
  return gsprt_llr(sums.n, mean, (sums.squares + 2) / (sums.n + 2) - mean * mean, -margin, 0);
}

Gsprt::State Gsprt::state(const Sums& sums) const {
  if (sums.n < least) return State::running;
  const double ratio = llr(sums);
  return ratio >= upper() ? State::unchanged : ratio <= lower() ? State::dropped : State::running;
}

double e_process(int n, int k) {
  // 2^(n+1) B(k+1, n-k+1) P(Beta(k+1, n-k+1) > 1/2)
  const double a = k + 1.0, b = n - k + 1.0;
  return std::exp((n + 1) * std::log(2.0) + log_beta(a, b)) * beta_cdf(0.5, b, a);
}

} // namespace proctor
