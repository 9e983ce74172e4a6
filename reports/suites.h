// SPDX-License-Identifier: MIT
#pragma once

// The mean over the tasks of a suite that is quoted as one number, such as BIG-Bench Hard: every task counts alike,
// however many questions it has.

#include <optional>
#include <string>
#include <vector>

#include "reports/intervals.h"

namespace proctor {

struct TaskSummary;

struct SuiteMetric {
  std::string name; // as in results.json: "pass@1,none"
  double value = 0;
  // These tasks: the halves of the tasks' own intervals, squared, summed and rooted (Zou and Donner 2008).
  std::optional<Interval> rerun, generalise;
  std::optional<double> se; // as Metric::se
};

struct SuiteSummary {
  std::string name;               // "bbh"
  std::vector<std::string> tasks; // of the run, in its order
  std::vector<SuiteMetric> metrics; // that every one of them has, under its first grader
};

// The suites of which the run has at least two tasks.
std::vector<SuiteSummary> suite_means(const std::vector<TaskSummary>& tasks);

// "bbh: mean of 27 tasks: pass@1 72.3%, rerun [70.9, 73.6], generalise [68.0, 76.2]"
std::string suite_text(const SuiteSummary& suite);

} // namespace proctor
