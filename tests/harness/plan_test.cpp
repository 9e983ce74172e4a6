// SPDX-License-Identifier: MIT
#include "harness/plan.h"

#include <doctest/doctest.h>
#include <set>

#include "harness/hash.h"
#include "tests/fakes.h"

using namespace proctor;

namespace {

std::vector<WorkItem> all_items(PlanSource& source) {
  std::vector<WorkItem> items;
  while (auto item = source.next()) items.push_back(std::move(*item));
  return items;
}

std::vector<WorkItem> items_of(const Task& task, int n, Shard shard, const SampleSet& done, uint64_t seed = 0) {
  PlanSource source({{&task, std::vector<int>(task.questions.size(), n), {}}}, {}, seed, shard, done, {});
  return all_items(source);
}

} // namespace

TEST_CASE("a plan asks for every sample of every question once, a question's samples together") {
  Task task = echo_task("t", 3);
  auto items = items_of(task, 2, {}, {});
  REQUIRE(items.size() == 6);
  CHECK(items[1].key == SampleKey{"t", "0", 1});
  CHECK(items[2].key == SampleKey{"t", "1", 0});
  CHECK(items[0].messages == task.questions[0].messages);
  CHECK(items[0].prompt_hash == prompt_hash(task.questions[0]));
}

TEST_CASE("what is logged is not asked again, and widening asks only for the rest") {
  Task task = echo_task("t", 2);
  SampleSet done;
  for (int s = 0; s < 8; ++s) done.add("t", "0", s);
  done.add("t", "1", 3);
  PlanSource source({{&task, {64, 64}, {}}}, {}, 0, {}, done, {});
  CHECK(source.total() == 128);
  CHECK(source.missing() == 119);
  CHECK(all_items(source).size() == 119);
  done.add("t", "1", 1 << 20); // recorded files may number as they like
  std::set<SampleKey> visited;
  done.for_each([&](const SampleKey& key) { CHECK(visited.insert(key).second); });
  CHECK(visited.size() == done.size());
  CHECK(visited.contains({"t", "1", 1 << 20}));
  CHECK_FALSE(visited.contains({"t", "1", 2}));
}

TEST_CASE("what is still to come is neither done nor arrived, and needed") {
  struct OnlyFirst : Stopper {
    bool needed(const SampleKey& key) const override { return key.doc_id == "0"; }
    void seen(const Grade&) override {}
  } first;
  Task task = echo_task("t", 2);
  SampleSet done, arrived;
  done.add("t", "0", 0);
  arrived.add("t", "0", 3);
  PlanSource source({{&task, {8, 8}, {}}}, {}, 0, {}, done, {});
  CHECK(source.n_open({}) == 15);
  source.watch(&first);
  CHECK(source.n_open({}) == 7);
  CHECK(source.n_open(arrived) == 6);
}

TEST_CASE("shards split the questions without overlap and change no seed") {
  Task task = echo_task("t", 10);
  std::map<SampleKey, uint64_t> whole, parts;
  for (auto& item : items_of(task, 3, {}, {})) whole[item.key] = item.seed;
  for (int i = 0; i < 4; ++i)
    for (auto& item : items_of(task, 3, {i, 4}, {})) CHECK(parts.emplace(item.key, item.seed).second);
  CHECK(parts == whole);
}

TEST_CASE("a seed depends on run seed, task, question and sample, and on nothing else") {
  std::set<uint64_t> seeds;
  for (uint64_t run : {0, 1})
    for (const char* task : {"a", "b"})
      for (const char* doc : {"1", "11"})
        for (int sample : {0, 1, 10}) seeds.insert(sample_seed(run, task, doc, sample));
  CHECK(seeds.size() == 24);
  CHECK(*seeds.rbegin() < (uint64_t{1} << 53));
  CHECK(sample_seed(0, "gen/arith", "arith@1/1/0/0", 0) == sample_seed(0, "gen/arith", "arith@1/1/0/0", 0));
}

TEST_CASE("seeds and prompt hashes are the same on every machine and in every version") {
  CHECK(sample_seed(7, "aime24", "60", 3) == 2392254921490806u);
  Question question;
  question.messages = {{"user", "What is 2+2?"}};
  CHECK(prompt_hash(question) == "2b77631245ba77df5032f73acaf64cbe");
}

TEST_CASE("recorded indices need not start at 0 or be dense") {
  Task task = echo_task("t", 1);
  SampleSet none;
  PlanSource source({{&task, {2}, {{3, 7}}}}, {}, 0, {}, none, {});
  auto items = all_items(source);
  REQUIRE(items.size() == 2);
  CHECK(items[0].key.sample_idx == 3);
  CHECK(items[1].key.sample_idx == 7);
}

TEST_CASE("a stop ends the plan at once") {
  Task task = echo_task("t", 100);
  std::stop_source stop;
  SampleSet none;
  PlanSource source({{&task, std::vector<int>(100, 1), {}}}, {}, 0, {}, none, stop.get_token());
  REQUIRE(source.next().has_value());
  stop.request_stop();
  CHECK_FALSE(source.next().has_value());
  CHECK_FALSE(source.wanted({"t", "0", 0}));
}
