// SPDX-License-Identifier: MIT
// What a step becomes on its way to the device.
#include <cstring>
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "backends/engine/cuda/step_arrays.h"

using namespace proctor;

namespace {

Step make_step(const std::vector<std::pair<int32_t, std::vector<int32_t>>>& rows_of_sequences) {
  Step step;
  for (const auto& [sequence, positions] : rows_of_sequences)
    for (int32_t position : positions) {
      step.tokens.push_back(100 + position);
      step.positions.push_back(position);
      step.sequences.push_back(sequence);
    }
  return step;
}

std::vector<int32_t> range(int32_t begin, int32_t end) {
  std::vector<int32_t> values;
  for (int32_t i = begin; i < end; ++i) values.push_back(i);
  return values;
}

} // namespace

TEST_CASE("every split of every row's context is in exactly one item") {
  for (int group : {1, 3, 4, 7, 16, 24}) {
    CAPTURE(group);
    Step step = make_step({{0, range(500, 530)}, {1, {0}}, {2, {511}}, {3, {512}}, {0, {1500}}, {4, range(0, 9)}});
    const cuda::AttentionPlan plan = cuda::plan_attention(step, group);
    std::map<std::pair<int32_t, int32_t>, int> seen; // row, split
    for (const cuda::AttentionItem& item : plan.items) {
      CHECK(item.n_rows * std::min(group, cuda::kTileRows) <= cuda::kTileRows);
      for (int32_t row = item.row; row < item.row + item.n_rows; ++row) {
        CHECK(step.sequences[static_cast<size_t>(row)] == step.sequences[static_cast<size_t>(item.row)]);
        CHECK(step.positions[static_cast<size_t>(row)] - step.positions[static_cast<size_t>(item.row)] == row - item.row);
        ++seen[{row, item.split}];
      }
    }
    REQUIRE(plan.partial_begins.size() == step.tokens.size() + 1);
    for (int32_t row = 0; row < static_cast<int32_t>(step.tokens.size()); ++row) {
      const int32_t splits = step.positions[static_cast<size_t>(row)] / 512 + 1;
      CHECK(plan.partial_begins[static_cast<size_t>(row) + 1] - plan.partial_begins[static_cast<size_t>(row)] == splits);
      for (int32_t split = 0; split < splits; ++split) CHECK(seen[{row, split}] == 1);
    }
  }
}

TEST_CASE("splits are cut by position alone: what else runs does not move them") {
  const Step alone = make_step({{0, {1300}}});
  const Step crowd = make_step({{1, range(0, 40)}, {0, {1300}}, {2, {5000}}});
  const auto a = cuda::plan_attention(alone, 4), b = cuda::plan_attention(crowd, 4);
  std::vector<int32_t> splits;
  for (const auto& item : b.items)
    if (item.row == 40) splits.push_back(item.split);
  CHECK(splits == std::vector<int32_t>{0, 1, 2});
  CHECK(a.items.size() == 3);
}

TEST_CASE("page tables, gathered rows and draws arrive where the offsets say, aligned") {
  Step step = make_step({{0, {3}}, {1, {70}}});
  const std::vector<int32_t> first = {9}, second = {4, 2};
  step.tables = {first, second};
  const Sampling sampling{.temperature = 0.5, .top_p = 0.75, .top_k = 3, .min_p = 0.125, .stop = {}};
  step.samples = {{1, 77, 71, &sampling}};
  const cuda::StepArrays arrays = cuda::arrays_of(step, 2);
  auto ints = [&](size_t offset, size_t n) {
    REQUIRE(offset % 16 == 0);
    std::vector<int32_t> values(n);
    std::memcpy(values.data(), arrays.bytes.data() + offset, n * sizeof(int32_t));
    return values;
  };
  CHECK(ints(arrays.tokens, 2) == std::vector<int32_t>{103, 170});
  CHECK(ints(arrays.positions, 2) == std::vector<int32_t>{3, 70});
  CHECK(ints(arrays.tables, 3) == std::vector<int32_t>{9, 4, 2});
  CHECK(ints(arrays.table_begins, 2) == std::vector<int32_t>{0, 1});
  CHECK(ints(arrays.gather, 1) == std::vector<int32_t>{1});
  cuda::SampleTask task;
  std::memcpy(&task, arrays.bytes.data() + arrays.tasks, sizeof task);
  CHECK((task.seed == 77 && task.position == 71 && task.top_k == 3));
  CHECK((task.temperature == 0.5 && task.top_p == 0.75 && task.min_p == 0.125));
  CHECK(arrays.n_items == 2);
  CHECK(arrays.n_partials == 2);
}
