// SPDX-License-Identifier: MIT
#pragma once

// What a step is, as the arrays that the kernels read: made on the host, sent in one piece. Pure.
//
// A step in which every row draws a token may be padded to a bucket of rows. All that its launches are given then follows
// from the bucket alone, whatever the contexts are: arrays of a size that the bucket does not tell come last, and where
// they begin is told in memory.

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

// Whether every row draws its sequence's next token, in order, and nothing but tokens is wanted.
bool only_decodes(const Step& step);

// 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, then every multiple of 32: the next that holds so many rows.
int bucket_of(int rows);

// Byte offsets of the arrays in `bytes`. Page numbers are counted by table_begins from the start of `bytes`.
struct StepArrays {
  std::vector<uint8_t> bytes;
  size_t item_count = 0, tokens = 0, positions = 0, table_begins = 0, items = 0, partial_begins = 0, gather = 0, tasks = 0;
  int n_items = 0, n_partials = 0;
};

// rows: at least those of the step; more only where it only_decodes(). Rows beyond those of the step have no items, and
// kernels leave out what they would write for others to see.
StepArrays arrays_of(const Step& step, int group, int rows);

} // namespace proctor::cuda
