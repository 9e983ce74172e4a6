// SPDX-License-Identifier: MIT
#pragma once

// The metrics of one task under one grader: means over questions of the per-question estimators. Pure.

#include <span>
#include <string_view>
#include <vector>

#include "reports/estimators.h"
#include "reports/summary.h"

namespace proctor {

// The counted samples of one question.
struct QuestionTally {
  int n = 0; // in the denominator
  int c = 0;
  int n_truncated = 0;
  int n_format = 0; // samples whose format was judged
  int n_format_ok = 0;
  int n_traced = 0; // samples whose trace was counted, for loops and for language
  int n_loop = 0;
  int n_mixed = 0; // more than 5 % of the words in another script than the question's
  std::string_view cluster; // questions that share a template; borrowed
  std::vector<VoteClass> classes;
  int silent = 0; // n less all votes
  std::optional<SettledVote> settled = {};
  std::span<const ScoredSample> scored = {}; // all n, or none; borrowed
};

struct MetricPlan {
  int n_samples = 0; // planned per question
  int64_t n_short = 0;
  bool has_votes = true;    // false: the grader names no answers, so there is nothing to vote with
  std::vector<int> extra_k; // any order
};

// The counts of a row; borrows its cluster and its scores.
QuestionTally tally_of(const QuestionRow& row);

// A metric by its name: "pass@1", "maj@8", "truncated".
struct MetricName {
  MetricKind kind = MetricKind::pass_at;
  int k = 0; // 0 where there is no k
};
std::optional<MetricName> parse_metric_name(std::string_view name);
inline constexpr std::string_view kMetricNames =
    "pass@K, maj@K, pass^K, best@K, mg-pass@K, format, truncated, accuracy|completed, loop, mixed"; // that it knows
bool higher_is_better(MetricKind kind);

// x of n samples: pass@1, format, truncated, accuracy|completed, loop, mixed. nullopt for other metrics, and for n = 0.
struct Share {
  int x = 0, n = 0;
};
std::optional<Share> share_of(const MetricName& metric, const QuestionTally& question);

// One question's part of the metric's mean; nullopt where it has none.
std::optional<Observation> observe(const MetricName& metric, const QuestionTally& question);

// The value alone, of a metric over k-subsets; the variance of an observation costs more than it.
std::optional<double> value_at(const MetricName& metric, const QuestionTally& question);

// 1, 2, 4, ... up to n, n itself, and the extra ones; ascending, each once.
std::vector<int> k_grid(int n, std::span<const int> extra);

// Questions with n = 0 are in no mean. A metric whose k exceeds some other question's n is absent: a mean over
// fewer questions than the rest would not be comparable. accuracy|completed is the mean over questions with a
// completed sample of correct / (n - truncated). Each comes with its two intervals (intervals.h).
std::vector<Metric> compute_metrics(std::span<const QuestionTally> questions, const MetricPlan& plan);

} // namespace proctor
