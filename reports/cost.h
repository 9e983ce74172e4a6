// SPDX-License-Identifier: MIT
#pragma once

// What one task of a run cost, per question, per correct answer and per question that its vote solves. A step of
// fold_run: pure, from the rows of a RunTally and what the graders found.

#include <span>
#include <vector>

#include "reports/pricing.h"
#include "reports/summary.h"
#include "reports/tally.h"

namespace proctor {

// Charges single attempts of one run. By hours an attempt pays for its share of the engine's steps where all tell it,
// else for its completion tokens, else each the same; load and idle time are spread alike, so that the shares of all
// attempts are the whole.
class AttemptCosts {
 public:
  AttemptCosts(const RunTally& tally, const Pricing& pricing, const Json& run);

  CostBasis basis() const { return pricing_.basis; }
  const Pricing& pricing() const { return pricing_; }
  std::optional<double> usd(const SampleRow& row) const;
  std::optional<double> overhead_share() const { return overhead_share_; } // of a bill by hours that no sample's steps took

 private:
  enum class Unit { steps, tokens, attempts };
  double units(const SampleRow& row) const;
  void charge_hours(const RunTally& tally, double busy_seconds, std::optional<double> counted_seconds);

  Pricing pricing_;
  Unit unit_ = Unit::attempts; // of a basis by hours
  double usd_per_unit_ = 0;
  std::optional<double> overhead_share_;
};

// The rows of every grader stand in the order of `questions`. Sets what they cost, the extra metrics about money, and
// task.cost, which is under the first grader.
void fold_cost(const RunTally& tally, const AttemptCosts& costs, std::span<const uint32_t> questions, TaskSummary& task);

} // namespace proctor
