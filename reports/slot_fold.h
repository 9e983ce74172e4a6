// SPDX-License-Identifier: MIT
#pragma once

// Folds the grades of one task under one grader into a SlotSummary: votes, metrics, levels, warnings. A step of
// fold_run; nothing else needs it.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/grader.h"
#include "reports/adaptive.h"
#include "reports/summary.h"
#include "reports/tally.h"

namespace proctor {

// A sentence for a person. The lower the rank, the graver.
struct Warning {
  enum Rank { gaps, truncation, votes, credits, usage };
  Rank rank = gaps;
  std::string text;
};

struct SlotFold {
  const RunTally& tally;
  const TaskSummary& task;         // its plan and its name
  std::vector<uint32_t> questions; // of the task, in order
  std::string slot;
  const Grader* same = nullptr;
  std::vector<int> extra_k;
  double truncated_warning = 0.02;
  std::optional<AdaptivePlan> adaptive; // of a run that may have left samples out
  std::string label; // how warnings name it: "aime24", "humaneval_plus (base)"
};

// The grades of one question under one slot, by sample index; empty when there are none.
std::span<const GradeRow> grades_of(const RunTally& tally, uint32_t question, std::string_view slot);

// Appends to `warnings`.
SlotSummary fold_slot(const SlotFold& fold, std::vector<Warning>& warnings);

} // namespace proctor
