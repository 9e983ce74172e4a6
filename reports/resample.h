// SPDX-License-Identifier: MIT
#pragma once

// Intervals of ratios and other functions of sums over questions: the bootstrap over whole questions with BCa limits
// (Efron 1987, J. Am. Stat. Assoc. 82:171). Of fewer than 50 questions or clusters, where draws cannot leave what the
// few hold (BCa limits "of 95 %" of 3 hold 69 %), the jackknife's standard error with Student's t; above some thousand,
// where both agree, with normal limits. Same input, same interval: the seed is printed.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/intervals.h"

namespace proctor {

// What one question, or one cluster of them, adds to each sum.
using SumRow = std::array<double, 9>;

// Where a statistic of few rows is nearest to normal.
enum class Scale { linear, log }; // log: ratios of amounts, which are never below 0

// A number made of the sums; may be infinite (nothing solved) but not NaN.
struct SumStatistic {
  std::function<double(const SumRow& sums)> of;
  Scale scale = Scale::linear;

  double operator()(const SumRow& sums) const { return of(sums); }
};

struct Resampling {
  double level = kLevel;
  uint64_t seed = 1;
};

// Each group is drawn from on its own and adds to the same sums: one group for a run, or for runs that answered the
// same questions (a row holds both then); two for runs over different ones. All statistics are of the same draws, which
// cost most of the time. nullopt: a group has fewer than two rows, or a limit is infinite.
std::vector<std::optional<Interval>> resampled_intervals(std::span<const std::vector<SumRow>> groups, std::span<const SumStatistic> statistics,
                                                         Resampling how = {});
std::optional<Interval> resampled_interval(std::span<const std::vector<SumRow>> groups, const SumStatistic& statistic, Resampling how = {});
std::optional<Interval> resampled_interval(const std::vector<SumRow>& rows, const SumStatistic& statistic, Resampling how = {});

SumRow sum_rows(std::span<const std::vector<SumRow>> groups);

// The rows of many questions, those of one cluster added up; in the order in which the first of each came.
class ClusterRows {
 public:
  void add(std::string_view cluster, const SumRow& row); // empty cluster: a row of its own
  const std::vector<SumRow>& rows() const { return rows_; }

 private:
  std::vector<SumRow> rows_;
  std::map<std::string, size_t, std::less<>> places_; // of clusters, in rows_
};

// A ratio of sums over questions; those of one cluster count as one row.
class RatioOfSums {
 public:
  explicit RatioOfSums(Scale scale) : scale_(scale) {}

  void add(std::string_view cluster, double numerator, double denominator); // empty cluster: a row of its own
  std::optional<double> value() const;                                      // absent where the denominators add up to 0
  std::optional<Interval> interval(Resampling how = {}) const;

 private:
  ClusterRows rows_;
  Scale scale_;
};

} // namespace proctor
