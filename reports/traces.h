// SPDX-License-Identifier: MIT
#pragma once

// What the traces of one task hold, how long correct and wrong answers are, and what a smaller token limit would have
// left: folded from what was counted when grading. docs/reasoning.md defines every number. Pure.

#include <span>

#include "reports/summary.h"
#include "reports/tally.h"

namespace proctor {

// Language consistency below 0.95 (the threshold is ours).
bool is_mixed(const GradeRow& row);

// Sets traces, length_split, limits and tokens.answer of the task; slot: of its first grader.
void fold_traces(const RunTally& tally, std::span<const uint32_t> questions, std::string_view slot, TaskSummary& task);

} // namespace proctor
