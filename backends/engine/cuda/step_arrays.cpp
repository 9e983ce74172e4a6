// SPDX-License-Identifier: MIT
#include "backends/engine/cuda/step_arrays.h"

#include <algorithm>
#include <cstring>

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

SampleTask task_of(const SampleRow& row) {
  const Sampling& s = *row.sampling;
  return {row.seed, s.temperature, s.top_p, s.min_p, s.top_k, row.position};
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

StepArrays arrays_of(const Step& step, int group) {
  StepArrays arrays;
  std::vector<int32_t> begins, tables, table_begins, gather;
  for (const auto& table : step.tables) {
    begins.push_back(static_cast<int32_t>(tables.size()));
    tables.insert(tables.end(), table.begin(), table.end());
  }
  for (int32_t sequence : step.sequences) table_begins.push_back(begins[static_cast<size_t>(sequence)]);
  std::vector<SampleTask> tasks;
  for (const SampleRow& row : step.samples) {
    gather.push_back(row.row);
    tasks.push_back(task_of(row));
  }
  const AttentionPlan plan = plan_attention(step, group);
  arrays.n_items = static_cast<int>(plan.items.size());
  arrays.n_partials = plan.partial_begins.back();
  arrays.tokens = append(arrays.bytes, step.tokens);
  arrays.positions = append(arrays.bytes, step.positions);
  arrays.table_begins = append(arrays.bytes, table_begins);
  arrays.tables = append(arrays.bytes, tables);
  arrays.items = append(arrays.bytes, plan.items);
  arrays.partial_begins = append(arrays.bytes, plan.partial_begins);
  arrays.gather = append(arrays.bytes, gather);
  arrays.tasks = append(arrays.bytes, tasks);
  return arrays;
}

} // namespace proctor::cuda
