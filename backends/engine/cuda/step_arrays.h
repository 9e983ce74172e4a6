// SPDX-License-Identifier: MIT
#pragma once

// What a step is, as the arrays that the kernels read: made on the host, sent in one piece. Pure.

#include <vector>

#include "backends/engine/cuda/kernels.h"
#include "backends/engine/model/ops.h"

namespace proctor::cuda {

// The items of attention, and where each row's partial results begin: one for each split of its context.
struct AttentionPlan {
  std::vector<AttentionItem> items;
  std::vector<int32_t> partial_begins; // (rows + 1)
};

// group: query heads that share a key/value head. Neighbouring rows of one sequence at neighbouring positions share a
// tile, as many as fit.
AttentionPlan plan_attention(const Step& step, int group);

// Byte offsets of the arrays in `bytes`.
struct StepArrays {
  std::vector<uint8_t> bytes;
  size_t tokens = 0, positions = 0, table_begins = 0, tables = 0, items = 0, partial_begins = 0, gather = 0, tasks = 0;
  int n_items = 0, n_partials = 0;
};

StepArrays arrays_of(const Step& step, int group);

} // namespace proctor::cuda
