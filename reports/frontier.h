// SPDX-License-Identifier: MIT
#pragma once

// Several runs on one task: what each scores and costs, which of them are worth their money, and by how much one is
// cheaper than another. Pure. Runs over the same questions are compared by question (docs/cost.md).

#include <span>
#include <string>
#include <vector>

#include "reports/summary.h"

namespace proctor {

struct FrontierPoint {
  size_t run = 0;    // its place among the summaries
  std::string label; // the model's name, with the run's id where two have the same, and its letter where needed
  double score = 0;  // pass@1 under the first grader
  std::optional<Interval> score_interval; // generalise
  Ratio cost;                             // per sample
  bool on_frontier = false;               // nothing as cheap scores as much
  double frontier_share = 0;              // of draws of questions in which it is on the frontier
  std::optional<double> usd_per_point;    // more per sample for each point of accuracy above the frontier's next cheaper
};

// A run beside the first one.
struct CostComparison {
  size_t run = 0, reference = 0;
  double saving = 0; // 1 - cost per correct answer / that of the reference; negative: dearer
  std::optional<Interval> saving_interval;
  double difference = 0; // of pass@1
  std::optional<Interval> difference_interval;
  bool paired = false;   // both answered the same questions
  size_t n_shared = 0;   // questions that both answered, at least one
  std::string sentence;  // "R1 is 97.1% [96.8, 97.4] cheaper per correct answer than o1, ..."
};

struct Frontier {
  std::string task;
  bool in_tokens = false; // cost is tokens, for want of a price that all runs have
  std::vector<FrontierPoint> points; // cheapest first
  std::vector<CostComparison> comparisons; // of runs that share a question with the first
  std::string note;                        // "Not the same questions: ..."; empty where all runs answered the same
};

// One per task that at least two runs have with a score and a cost.
std::vector<Frontier> fold_frontiers(std::span<const Summary> summaries);

// {"TASK": {"unit", "points": [...], "comparisons": [...]}}
Json frontiers_json(std::span<const Frontier> frontiers);

// "A" ... "Z", "AA": how charts and tables point to a run by its place among the summaries.
std::string run_letter(size_t run);

// What a point's cost per sample is, in dollars or in tokens: "$0.0042", "[1,200, 1,400]".
std::string cost_text(double cost, bool in_tokens);
std::string cost_interval_text(const Interval& interval, bool in_tokens);

// "93.1% [91.8, 94.2] cheaper"; "2.30 [1.90, 2.80] times", of as much.
std::string saving_text(double saving, const std::optional<Interval>& interval);

// Of (cost, score) pairs: whether nothing else of at most the same cost scores as much or more. Equal pairs fare alike.
std::vector<bool> pareto(std::span<const std::pair<double, double>> points);

} // namespace proctor
