// SPDX-License-Identifier: MIT
#pragma once

// What a whole run will take, told from a few of its samples: tokens, money, time, and how well its score will be
// known. Pure. docs/cost.md says what it rests on.

#include <optional>
#include <span>
#include <string>

#include "reports/summary.h"

namespace proctor {

struct WholePlan {
  int64_t n_questions = 0;
  int64_t n_samples = 0; // of all questions together
};

// The expected value and its 95 % interval, if the other questions are like those of the pilot.
struct Expected {
  double value = 0;
  std::optional<Interval> interval;
};

struct Estimate {
  std::string task;
  WholePlan plan;
  int64_t n_pilot = 0; // samples that it rests on
  std::optional<Expected> tokens_per_sample, tokens; // of completions
  std::optional<Expected> usd_per_sample, usd;
  std::optional<double> half_width; // of the 95 % interval `generalise` of pass@1; absent below two questions of two samples
};

Estimate estimate_task(const TaskSummary& pilot, const WholePlan& plan);

// The sum over tasks, whose errors are independent. Absent where one task does not know it.
std::optional<Expected> total(std::span<const Estimate> all, std::optional<Expected> Estimate::*member);

} // namespace proctor
