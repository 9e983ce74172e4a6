// SPDX-License-Identifier: MIT
// What a step is to do while the tokens of the last one are not known yet.
#include "backends/engine/engine/scheduler.h"

#include <doctest/doctest.h>

using namespace proctor;

namespace {

struct Fixture {
  KvPool pool{8};
  Scheduler scheduler{pool, {.max_running = 4, .prefill_rows = 16, .kept_prompts = 0}};

  Sequence& add(int64_t id, std::vector<int32_t> prompt) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = id;
    sequence->n_prompt = static_cast<int32_t>(prompt.size());
    sequence->tokens = std::move(prompt);
    Sequence& added = *sequence;
    scheduler.add(std::move(sequence));
    return added;
  }

  // A step whose tokens are drawn but not read.
  StepPlan begin() {
    StepPlan plan = scheduler.plan();
    scheduler.computed(plan);
    for (size_t i = 0; i < plan.sampled.size(); ++i) plan.sampled[i]->tokens.push_back(~static_cast<int32_t>(i));
    return plan;
  }
};

} // namespace

TEST_CASE("a token that is drawn but not known is planned as the row that draws it, and a complete sequence not at all") {
  Fixture f;
  f.add(1, {10, 11, 12});
  Sequence& second = f.add(2, {20});
  CHECK(f.begin().step.tokens == std::vector<int32_t>{10, 11, 12, 20});
  const StepPlan next = f.begin();
  CHECK(next.step.tokens == std::vector<int32_t>{~0, ~1});
  CHECK(next.step.positions == std::vector<int32_t>{3, 1});
  CHECK(next.step.samples[1].position == 2); // of the token that it draws
  second.complete = true;
  const StepPlan last = f.begin();
  CHECK(last.step.tokens == std::vector<int32_t>{~0});
  last.sampled[0]->complete = true;
  CHECK(f.scheduler.plan().step.n_rows() == 0);
  CHECK_FALSE(f.scheduler.idle());
}

TEST_CASE("a sequence that ends under way gives its pages back at once and is there until the plan after the next") {
  Fixture f;
  f.add(1, {10, 11, 12});
  f.begin();
  const StepPlan under_way = f.begin();
  f.scheduler.remove_if([](const Sequence&) { return true; });
  CHECK(f.pool.n_free() == f.pool.size());
  CHECK(f.scheduler.idle());
  f.add(2, {20});
  CHECK(f.begin().step.tokens == std::vector<int32_t>{20});
  REQUIRE(under_way.sampled.size() == 1);
  CHECK(under_way.sampled[0]->removed);
  CHECK(under_way.sampled[0]->id == 1);
}

TEST_CASE("prompts that nobody shares any more make room for the next one, and are kept while somebody does") {
  KvPool pool{8};
  Scheduler scheduler{pool, {.max_running = 4, .prefill_rows = 1024, .kept_prompts = 4}};
  auto add = [&](int64_t id, int32_t first, size_t n) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = id;
    sequence->n_prompt = static_cast<int32_t>(n);
    sequence->tokens.assign(n, first);
    scheduler.add(std::move(sequence));
  };
  auto step = [&] { // its rows, and every token is 5
    StepPlan plan = scheduler.plan();
    scheduler.computed(plan);
    for (Sequence* sequence : plan.sampled) sequence->tokens.push_back(5);
    return plan.step.n_rows();
  };
  add(1, 10, 150);
  CHECK(step() == 150);
  scheduler.remove_if([](const Sequence&) { return true; });
  add(2, 20, 1);
  CHECK(step() == 1);
  add(3, 10, 150); // three pages, of which two are kept from the first and the third is copied
  CHECK(step() == 2);
  scheduler.remove_if([](const Sequence& sequence) { return sequence.id == 3; });
  add(4, 40, 320);
  CHECK(step() == 321); // five pages beside the one that runs: not while three are kept
}
