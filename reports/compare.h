// SPDX-License-Identifier: MIT
#pragma once

// Two runs over the same questions -> what changed, how sure that is, and what a change would have to be to be seen.
// Pure: a function of two summaries (a baseline file reads as one). docs/statistics.md is normative.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/metrics.h"
#include "reports/paired.h"
#include "reports/summary.h"

namespace proctor {

// What a model was asked for besides the sampling: members of its details in run.json.
inline constexpr std::string_view kAnsweringOptions[] = {"thinking", "reasoning_effort", "extra_body"};

// A member as JSON; "none" where there is none.
std::string member_text(const Json& object, std::string_view key);

struct CompareOptions {
  std::string metric = "pass@1";
  double level = kLevel;
  double power = 0.8; // of the detectable difference
  uint64_t seed = 0;  // of permutations and the bootstrap
};

// What one scope says of the difference.
struct ScopeResult {
  std::optional<Interval> interval;
  std::string why_none;         // where there is no interval, a clause
  std::optional<double> p;      // two-sided
  std::optional<double> p_less; // one-sided, for a drop
  std::optional<double> p_holm; // p adjusted over the tasks of the comparison
  std::string test;             // that gave p
  std::optional<double> se;     // of the difference
  std::optional<double> detectable; // the smallest difference seen with the wanted power
};

// A question that is right more often in one run than in the other, across one half, or significantly so.
struct Flip {
  std::string doc_id;
  double base = 0, cand = 0; // shares
  double p = 1;              // Fisher's exact test
  bool significant = false;  // after Benjamini-Hochberg at 5 % over the task's questions
};

struct TaskComparison {
  std::string task, slot;
  std::string metric;
  std::string incomparable; // why, a sentence; then nothing below is set
  std::vector<std::string> notes;
  int64_t n_questions = 0;                     // in both, with samples
  int64_t n_base_only = 0, n_cand_only = 0;    // questions left out
  int64_t n_base_samples = 0, n_cand_samples = 0;
  double base = 0, cand = 0, difference = 0;
  ScopeResult fixed, generalise;
  int64_t n_clusters = 0;
  bool too_few_clusters = false; // for generalise's test to reach any p that the level calls significant
  std::optional<Interval> bootstrap; // of the mean difference, over clusters: BCa; of fewer than 50 the jackknife
  std::optional<double> odds_ratio;  // Mantel-Haenszel
  std::optional<double> p_exact;     // of the fixed suite's test, where mid-p is shown
  std::optional<GeometricRatio> tokens; // candidate / baseline, per question
  std::vector<Flip> gained, lost;
  double within = 0;  // mean variance of one sample, both runs
  double between = 0; // variance over questions of the true difference, estimated
};

struct Comparison {
  std::string base_name, cand_name; // "demo  3f2a..."
  std::vector<std::string> notes;   // in what the runs differ, sentences
  std::vector<TaskComparison> tasks;
  bool any() const; // some task could be compared
};

Comparison compare_runs(const Summary& base, const Summary& cand, const CompareOptions& options);

// One task under one grader.
TaskComparison compare_slots(const TaskSummary& base, const SlotSummary& base_slot, const TaskSummary& cand,
                             const SlotSummary& cand_slot, const CompareOptions& options);

} // namespace proctor
