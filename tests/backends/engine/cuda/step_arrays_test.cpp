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
  const cuda::StepArrays arrays = cuda::arrays_of(step, 2, 2);
  auto ints = [&](size_t offset, size_t n) {
    REQUIRE(offset % 16 == 0);
    std::vector<int32_t> values(n);
    std::memcpy(values.data(), arrays.bytes.data() + offset, n * sizeof(int32_t));
    return values;
  };
  CHECK(ints(arrays.tokens, 2) == std::vector<int32_t>{103, 170});
  CHECK(ints(arrays.positions, 2) == std::vector<int32_t>{3, 70});
  const std::vector<int32_t> begins = ints(arrays.table_begins, 2);
  CHECK(ints(static_cast<size_t>(begins[0]) * sizeof(int32_t), 3) == std::vector<int32_t>{9, 4, 2});
  CHECK(begins[1] == begins[0] + 1);
  CHECK(ints(arrays.item_count, 1) == std::vector<int32_t>{2});
  CHECK(ints(arrays.gather, 1) == std::vector<int32_t>{1});
  cuda::SampleTask task;
  std::memcpy(&task, arrays.bytes.data() + arrays.tasks, sizeof task);
  CHECK((task.seed == 77 && task.position == 71 && task.top_k == 3));
  CHECK((task.temperature == 0.5 && task.top_p == 0.75 && task.min_p == 0.125));
  CHECK(arrays.n_items == 2);
  CHECK(arrays.n_partials == 2);
}

TEST_CASE("a bucket holds its rows, wastes little, and there are few of them") {
  std::set<int> buckets;
  for (int rows = 1; rows <= 512; ++rows) {
    const int bucket = cuda::bucket_of(rows);
    CHECK(bucket >= rows);
    CHECK(bucket <= std::max(2 * rows - 1, 1));
    CHECK(cuda::bucket_of(bucket) == bucket);
    buckets.insert(bucket);
  }
  CHECK(buckets.size() == 24);
}

TEST_CASE("only steps in which every row draws a token are decoding") {
  const Sampling sampling;
  Step step = make_step({{0, {3}}, {1, {70}}});
  CHECK_FALSE(cuda::only_decodes(step));
  step.samples = {{0, 1, 4, &sampling}, {1, 2, 71, &sampling}};
  CHECK(cuda::only_decodes(step));
  step.keep_logits = true;
  CHECK_FALSE(cuda::only_decodes(step));
  step = make_step({{0, range(0, 2)}});
  step.samples = {{1, 1, 2, &sampling}};
  CHECK_FALSE(cuda::only_decodes(step));
}

TEST_CASE("what launches are given follows from the bucket, whatever the contexts, and rows that pad it have no work") {
  const Sampling sampling;
  auto padded = [&](const std::vector<int32_t>& positions) {
    Step step;
    std::vector<std::vector<int32_t>> tables;
    for (int32_t position : positions) tables.emplace_back(static_cast<size_t>(position / 64 + 1), 7);
    step.tables.assign(tables.begin(), tables.end());
    for (int32_t s = 0; s < static_cast<int32_t>(positions.size()); ++s) {
      step.tokens.push_back(s);
      step.positions.push_back(positions[static_cast<size_t>(s)]);
      step.sequences.push_back(s);
      step.samples.push_back({s, 1, positions[static_cast<size_t>(s)] + 1, &sampling});
    }
    return cuda::arrays_of(step, 4, 4);
  };
  const cuda::StepArrays a = padded({3, 70, 1300}), b = padded({0, 6000, 12, 5});
  for (auto member : {&cuda::StepArrays::item_count, &cuda::StepArrays::tokens, &cuda::StepArrays::positions, &cuda::StepArrays::table_begins,
                      &cuda::StepArrays::items, &cuda::StepArrays::partial_begins, &cuda::StepArrays::gather, &cuda::StepArrays::tasks})
    CHECK(a.*member == b.*member);
  const auto* ints = reinterpret_cast<const int32_t*>(a.bytes.data());
  CHECK(ints[a.positions / 4 + 3] == -1);
  CHECK(ints[a.gather / 4 + 3] == 3);
  CHECK(ints[a.partial_begins / 4 + 3] == a.n_partials);
  CHECK(ints[a.partial_begins / 4 + 4] == a.n_partials);
  CHECK(reinterpret_cast<const cuda::SampleTask*>(a.bytes.data() + a.tasks)[3].position == -1);
  const auto* items = reinterpret_cast<const cuda::AttentionItem*>(a.bytes.data() + a.items);
  for (int i = 0; i < a.n_items; ++i) CHECK(items[i].row < 3);
  CHECK(a.n_items == 1 + 1 + 3);
}
