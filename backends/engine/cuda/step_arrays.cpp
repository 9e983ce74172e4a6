// SPDX-License-Identifier: MIT
#include "backends/engine/cuda/step_arrays.h"

#include <algorithm>
#include <cstring>

#include "harness/check.h"

namespace proctor::cuda {
namespace {

constexpr size_t kAlign = 16;

template <class T> size_t append(std::vector<uint8_t>& bytes, const std::vector<T>& values) {
  const size_t begin = (bytes.size() + kAlign - 1) / kAlign * kAlign;
  bytes.resize(begin + values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data() + begin, values.data(), values.size() * sizeof(T));
  return begin;
}

// Rows from `first` on that may share a tile.
size_t tile_end(const Step& step, size_t first, size_t most) {
  size_t end = first + 1;
  while (end < step.tokens.size() && end - first < most && step.sequences[end] == step.sequences[first] &&
         step.positions[end] == step.positions[end - 1] + 1)
    ++end;
  return end;
}

SampleTask task_of(const SamplerRow& row) {
  const Sampling& s = *row.sampling;
  return {row.seed, s.temperature, s.top_p, s.min_p, s.top_k, row.position};
}

// The pages of all sequences, and where each row's begin.
void append_tables(const Step& step, StepArrays& arrays) {
  std::vector<int32_t> pages, begins, table_begins;
  for (const auto& table : step.tables) {
    begins.push_back(static_cast<int32_t>(pages.size()));
    pages.insert(pages.end(), table.begin(), table.end());
  }
  const auto first = static_cast<int32_t>(append(arrays.bytes, pages) / sizeof(int32_t));
  for (int32_t sequence : step.sequences) table_begins.push_back(first + begins[static_cast<size_t>(sequence)]);
  std::memcpy(arrays.bytes.data() + arrays.table_begins, table_begins.data(), table_begins.size() * sizeof(int32_t));
}

} // namespace

AttentionPlan plan_attention(const Step& step, int group) {
  AttentionPlan plan;
  const auto most = static_cast<size_t>(std::max(1, kTileRows / group));
  int32_t partials = 0;
  for (int32_t position : step.positions) {
    plan.partial_begins.push_back(partials);
    partials += position / kSplitPositions + 1;
  }
  plan.partial_begins.push_back(partials);
  for (size_t first = 0, end; first < step.tokens.size(); first = end) {
    end = tile_end(step, first, most);
    for (int32_t split = 0; split <= step.positions[end - 1] / kSplitPositions; ++split)
      plan.items.push_back({static_cast<int32_t>(first), static_cast<int32_t>(end - first), split, 0});
  }
  return plan;
}

bool only_decodes(const Step& step) {
  if (step.keep_logits || step.samples.empty() || step.samples.size() != step.tokens.size()) return false;
  for (size_t i = 0; i < step.samples.size(); ++i)
    if (step.samples[i].row != static_cast<int32_t>(i)) return false;
  return true;
}

int bucket_of(int rows) {
  for (int bucket : {1, 2, 4, 8, 12, 16, 24, 32, 48, 64})
    if (rows <= bucket) return bucket;
  return (rows + 31) / 32 * 32;
}

StepArrays arrays_of(const Step& step, int group, int rows) {
  const auto n = static_cast<size_t>(rows);
  PROCTOR_CHECK(n == step.tokens.size() || (n > step.tokens.size() && only_decodes(step)));
  AttentionPlan plan = plan_attention(step, group);
  plan.partial_begins.resize(n + 1, plan.partial_begins.back());
  std::vector<int32_t> tokens = step.tokens, positions = step.positions, gather;
  tokens.resize(n, 0);
  positions.resize(n, -1);
  std::vector<SampleTask> tasks;
  for (const SamplerRow& row : step.samples) {
    gather.push_back(row.row);
    tasks.push_back(task_of(row));
  }
  for (int row = static_cast<int>(step.tokens.size()); row < rows; ++row) {
    gather.push_back(row);
    tasks.push_back({.position = -1});
  }
  StepArrays arrays;
  arrays.n_items = static_cast<int>(plan.items.size());
  arrays.n_partials = plan.partial_begins.back();
  arrays.item_count = append(arrays.bytes, std::vector<int32_t>{arrays.n_items});
  arrays.tokens = append(arrays.bytes, tokens);
  arrays.positions = append(arrays.bytes, positions);
  arrays.table_begins = append(arrays.bytes, std::vector<int32_t>(n));
  arrays.partial_begins = append(arrays.bytes, plan.partial_begins);
  arrays.gather = append(arrays.bytes, gather);
  arrays.tasks = append(arrays.bytes, tasks);
  arrays.items = append(arrays.bytes, plan.items);
  append_tables(step, arrays);
  return arrays;
}

} // namespace proctor::cuda
