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
  std::string_view cluster; // questions that share a template; borrowed
  std::vector<VoteClass> classes;
  int silent = 0; // n less all votes
};

struct MetricPlan {
  int n_samples = 0; // planned per question
  int64_t n_short = 0;
  bool has_votes = true;    // false: the grader names no answers, so there is nothing to vote with
  std::vector<int> extra_k; // any order
};

// 1, 2, 4, ... up to n, n itself, and the extra ones; ascending, each once.
std::vector<int> k_grid(int n, std::span<const int> extra);

// Questions with n = 0 are in no mean. A metric whose k exceeds some other question's n is absent: a mean over
// fewer questions than the rest would not be comparable. accuracy|completed is the mean over questions with a
// completed sample of correct / (n - truncated). Each comes with its two intervals (intervals.h).
std::vector<Metric> compute_metrics(std::span<const QuestionTally> questions, const MetricPlan& plan);

} // namespace proctor
