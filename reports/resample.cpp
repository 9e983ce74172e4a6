// SPDX-License-Identifier: MIT
#include "reports/resample.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "harness/random.h"
#include "reports/distributions.h"

namespace proctor {
namespace {

constexpr int kDraws = 2000;
constexpr size_t kFewRows = 50;    // below, the jackknife with t
constexpr size_t kMostRows = 2000; // above, the jackknife alone

void add(SumRow& sums, const SumRow& row) {
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += row[i];
}

// The sums of every draw.
std::vector<SumRow> draw(std::span<const std::vector<SumRow>> groups, uint64_t seed) {
  SplitMix64 random(seed);
  std::vector<SumRow> drawn(kDraws);
  for (SumRow& sums : drawn)
    for (const std::vector<SumRow>& group : groups)
      for (size_t i = 0; i < group.size(); ++i) add(sums, group[random.below(static_cast<uint32_t>(group.size()))]);
  return drawn;
}

std::vector<double> sorted_values(std::span<const SumRow> drawn, const SumStatistic& statistic) {
  std::vector<double> values;
  values.reserve(drawn.size());
  for (const SumRow& sums : drawn) values.push_back(statistic(sums));
  std::ranges::sort(values);
  return values;
}

// Deviations of the leave-one-out values from their mean, by group.
struct Jackknife {
  double squares = 0, cubes = 0; // of all groups
  double variance = 0;           // of the statistic
  double df = 0;                 // of the variance (Welch 1947, Biometrika 34:28); more than 0 where there is a variance
  bool finite = true;
};

template <class Statistic> Jackknife jackknife(std::span<const std::vector<SumRow>> groups, const SumRow& sums, const Statistic& statistic) {
  Jackknife result;
  double squared_parts = 0;
  for (const std::vector<SumRow>& group : groups) {
    std::vector<double> values;
    double mean = 0;
    for (const SumRow& row : group) {
      SumRow rest = sums;
      for (size_t i = 0; i < rest.size(); ++i) rest[i] -= row[i];
      values.push_back(statistic(rest));
      mean += values.back() / static_cast<double>(group.size());
    }
    double squares = 0;
    for (double value : values) {
      const double d = mean - value;
      result.finite = result.finite && std::isfinite(d);
      squares += d * d;
      result.cubes += d * d * d;
    }
    const auto n = static_cast<double>(group.size());
    const double variance = squares * (n - 1) / n;
    result.squares += squares;
    result.variance += variance;
    squared_parts += square(variance) / (n - 1);
  }
  if (squared_parts > 0) result.df = square(result.variance) / squared_parts;
  result.finite = result.finite && std::isfinite(result.cubes) && std::isfinite(std::pow(result.squares, 1.5));
  return result;
}

double quantile(const std::vector<double>& sorted, double p) {
  const double at = std::clamp(p, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(at);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  const double part = at - static_cast<double>(low);
  return part == 0 ? sorted[low] : sorted[low] * (1 - part) + sorted[high] * part;
}

// The share of draws below the value, ties counting half, kept off 0 and 1.
double share_below(const std::vector<double>& sorted, double value) {
  const double slack = 1e-12 * std::abs(value);
  const auto below = std::ranges::lower_bound(sorted, value - slack) - sorted.begin();
  const auto upto = std::ranges::upper_bound(sorted, value + slack) - sorted.begin();
  const double share = (static_cast<double>(below) + static_cast<double>(upto)) / 2 / static_cast<double>(sorted.size());
  const double least = 0.5 / static_cast<double>(sorted.size());
  return std::clamp(share, least, 1 - least);
}

Interval bca(const std::vector<double>& sorted, double value, const Jackknife& left_out, Resampling how) {
  const double z0 = normal_quantile(share_below(sorted, value));
  const double a = left_out.squares > 0 ? left_out.cubes / (6 * std::pow(left_out.squares, 1.5)) : 0;
  auto limit = [&](double z) { return quantile(sorted, normal_cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))); };
  const double z = two_sided_z(how.level);
  return {limit(-z), limit(z), how.level, fmt::format("BCa bootstrap of questions, {} draws, seed {}", kDraws, how.seed)};
}

Interval normal(double value, double variance, double level) {
  const double half = two_sided_z(level) * std::sqrt(variance);
  return {value - half, value + half, level, "jackknife over questions, normal"};
}

// From what was left out of the statistic, or of its logarithm and back.
Interval student(double value, bool log, const Jackknife& left_out, double level) {
  const double half = left_out.df > 0 ? two_sided_t(level, left_out.df) * std::sqrt(left_out.variance) : 0;
  std::string method = fmt::format("jackknife over questions{}, t with {:.3g} df", log ? ", of the logarithm" : "", left_out.df);
  if (!(left_out.df > 0)) method = "the same without any of the questions";
  return log ? Interval{value * std::exp(-half), value * std::exp(half), level, method} : Interval{value - half, value + half, level, method};
}

} // namespace

SumRow sum_rows(std::span<const std::vector<SumRow>> groups) {
  SumRow sums{};
  for (const std::vector<SumRow>& group : groups)
    for (const SumRow& row : group) add(sums, row);
  return sums;
}

std::vector<std::optional<Interval>> resampled_intervals(std::span<const std::vector<SumRow>> groups, std::span<const SumStatistic> statistics, Resampling how) {
  std::vector<std::optional<Interval>> intervals(statistics.size());
  size_t n_rows = 0;
  for (const std::vector<SumRow>& group : groups) {
    if (group.size() < 2) return intervals;
    n_rows += group.size();
  }
  const SumRow sums = sum_rows(groups);
  const bool few = std::ranges::any_of(groups, [](const std::vector<SumRow>& group) { return group.size() < kFewRows; });
  const std::vector<SumRow> drawn = few || n_rows > kMostRows ? std::vector<SumRow>{} : draw(groups, how.seed);
  for (size_t i = 0; i < statistics.size(); ++i) {
    const double value = statistics[i](sums);
    if (!std::isfinite(value)) continue;
    const bool log = few && statistics[i].scale == Scale::log && value > 0;
    const Jackknife left_out = jackknife(groups, sums, [&](const SumRow& s) { return log ? std::log(statistics[i](s)) : statistics[i](s); });
    if (!left_out.finite) continue;
    const Interval interval = few             ? student(value, log, left_out, how.level)
                              : drawn.empty() ? normal(value, left_out.variance, how.level)
                                              : bca(sorted_values(drawn, statistics[i]), value, left_out, how);
    if (std::isfinite(interval.lo) && std::isfinite(interval.hi)) intervals[i] = interval;
  }
  return intervals;
}

std::optional<Interval> resampled_interval(std::span<const std::vector<SumRow>> groups, const SumStatistic& statistic, Resampling how) {
  return resampled_intervals(groups, std::span(&statistic, 1), how).front();
}

std::optional<Interval> resampled_interval(const std::vector<SumRow>& rows, const SumStatistic& statistic, Resampling how) {
  return resampled_interval(std::span(&rows, 1), statistic, how);
}

void ClusterRows::add(std::string_view cluster, const SumRow& row) {
  const bool fresh = cluster.empty() || places_.try_emplace(std::string(cluster), rows_.size()).second;
  if (fresh) rows_.push_back(row);
  else proctor::add(rows_[places_.find(cluster)->second], row);
}

void RatioOfSums::add(std::string_view cluster, double numerator, double denominator) { rows_.add(cluster, {numerator, denominator}); }

std::optional<double> RatioOfSums::value() const {
  const SumRow sums = sum_rows(std::span(&rows_.rows(), 1));
  return sums[1] > 0 ? std::optional(sums[0] / sums[1]) : std::nullopt;
}

std::optional<Interval> RatioOfSums::interval(Resampling how) const {
  const SumStatistic divide{[](const SumRow& s) { return s[1] > 0 ? s[0] / s[1] : std::numeric_limits<double>::infinity(); }, scale_};
  return resampled_interval(rows_.rows(), divide, how);
}

} // namespace proctor
