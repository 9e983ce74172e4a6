// SPDX-License-Identifier: MIT
#include "reports/estimate.h"

#include <algorithm>
#include <cmath>

#include "reports/distributions.h"
#include "reports/metrics.h"
#include "reports/planning.h"

namespace proctor {
namespace {

std::optional<Expected> times(const std::optional<Ratio>& ratio, double factor) {
  if (!ratio) return std::nullopt;
  Expected expected{ratio->value * factor, ratio->interval};
  if (expected.interval) {
    expected.interval->lo = std::max(0.0, expected.interval->lo * factor);
    expected.interval->hi *= factor;
  }
  return expected;
}

// Of the pass@1 of the whole; from the questions that have at least two samples.
std::optional<double> half_width(const SlotSummary& slot, const WholePlan& plan) {
  std::vector<Observation> pilot;
  for (const QuestionRow& row : slot.questions)
    if (row.n >= 2) pilot.push_back(*observe({MetricKind::pass_at, 1}, tally_of(row)));
  const std::optional<Spread> spread = decompose(pilot);
  if (!spread || plan.n_questions < 1 || plan.n_samples < plan.n_questions) return std::nullopt;
  const Design design{spread->within, spread->between, static_cast<int>(plan.n_samples / plan.n_questions)};
  return two_sided_z(kLevel) * score_deviation(design) / std::sqrt(static_cast<double>(plan.n_questions));
}

} // namespace

Estimate estimate_task(const TaskSummary& pilot, const WholePlan& plan) {
  Estimate estimate{pilot.name, plan, pilot.cost.n_attempts, {}, {}, {}, {}, {}};
  const auto n = static_cast<double>(plan.n_samples);
  estimate.tokens_per_sample = times(pilot.cost.tokens_per_sample, 1);
  estimate.tokens = times(pilot.cost.tokens_per_sample, n);
  estimate.usd_per_sample = times(pilot.cost.usd_per_sample, 1);
  estimate.usd = times(pilot.cost.usd_per_sample, n);
  if (!pilot.slots.empty()) estimate.half_width = half_width(pilot.slots.front(), plan);
  return estimate;
}

std::optional<Expected> total(std::span<const Estimate> all, std::optional<Expected> Estimate::*member) {
  Expected sum;
  double below = 0, above = 0;
  bool sure = !all.empty();
  for (const Estimate& one : all) {
    const std::optional<Expected>& part = one.*member;
    if (!part) return std::nullopt;
    sum.value += part->value;
    sure = sure && part->interval;
    if (!part->interval) continue;
    below += std::pow(part->value - part->interval->lo, 2);
    above += std::pow(part->interval->hi - part->value, 2);
  }
  if (sure) sum.interval = Interval{std::max(0.0, sum.value - std::sqrt(below)), sum.value + std::sqrt(above), kLevel, "root of the summed squares of the tasks' halves"};
  return sum;
}

} // namespace proctor
