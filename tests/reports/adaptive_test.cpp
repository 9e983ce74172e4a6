// SPDX-License-Identifier: MIT
#include "reports/adaptive.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <set>

#include "harness/random.h"
#include "tests/fakes.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

constexpr int kPlanned = 16, kPrefix = 9;

// One question of a task, sixteen samples planned.
struct Voting {
  explicit Voting(AdaptiveRule rule = {}) : task(echo_task("t", 1)), stopper(rule, {{&task, {kPlanned}, {}}}) {}
  // The next sample's answer; empty: none.
  void vote(const std::string& answer, Verdict verdict = Verdict::incorrect) { stopper.seen(make_grade("t", "0", next++, verdict, answer)); }
  bool needed(int sample = kPlanned - 1) const { return stopper.needed({"t", "0", sample}); }
  // Samples that may be taken now.
  int n_ready() const {
    int n = 0;
    while (n < kPlanned && stopper.ready({"t", "0", n})) ++n;
    return n;
  }

  Task task;
  VoteStopper stopper;
  int next = 0;
};

std::string winner(const std::map<std::string, int>& votes) {
  return std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first;
}

std::string draw_answer(SplitMix64& random) { return std::string(1, static_cast<char>('a' + std::min(random.below(4), random.below(4)))); }

} // namespace

TEST_CASE("the probability of a lead is Adaptive-Consistency's") {
  CHECK(lead_probability(5, 0) == doctest::Approx(0.984375).epsilon(1e-12));
  CHECK(lead_probability(8, 2) == doctest::Approx(0.96728515625).epsilon(1e-12));
  CHECK(lead_probability(4, 0) == doctest::Approx(0.96875).epsilon(1e-12));
  CHECK(lead_probability(4, 4) == doctest::Approx(0.5).epsilon(1e-12));
  CHECK(lead_probability(20, 12) == doctest::Approx(0.918622171273455).epsilon(1e-12));
}

TEST_CASE("more than half of the samples are always taken, or eight where a confidence will do") {
  CHECK(AdaptiveRule{}.prefix(64) == 33);
  CHECK(AdaptiveRule{}.prefix(1) == 1);
  CHECK(AdaptiveRule{0.99}.prefix(64) == 8);
  CHECK(AdaptiveRule{0.99999}.prefix(64) == 16);
  for (int planned : {1, 5, 12, 14}) CHECK(AdaptiveRule{0.99}.prefix(planned) == AdaptiveRule{}.prefix(planned)); // never more
}

TEST_CASE("a round asks for as many samples as could settle the vote, and no more before all of them have spoken") {
  Voting voting;
  CHECK(voting.n_ready() == kPrefix);
  for (int i = 0; i < 6; ++i) voting.vote("a");
  voting.vote("b"), voting.vote("b");
  CHECK(voting.n_ready() == kPrefix);
  CHECK(voting.needed());
  voting.vote("b");
  CHECK(voting.n_ready() == kPrefix + 3); // 6 against 3, 7 to come: three more could make it 9 against 3, 4 to come
  for (int i = 0; i < 3; ++i) voting.vote("a");
  CHECK_FALSE(voting.needed());
  CHECK(voting.needed(3)); // taken already
}

TEST_CASE("the order in which samples are graded does not matter") {
  Voting forward, backward;
  const std::string answers = "abacabaab";
  for (int i = 0; i < kPrefix; ++i) {
    forward.stopper.seen(make_grade("t", "0", i, Verdict::incorrect, answers.substr(static_cast<size_t>(i), 1)));
    const int j = kPrefix - 1 - i;
    backward.stopper.seen(make_grade("t", "0", j, Verdict::incorrect, answers.substr(static_cast<size_t>(j), 1)));
  }
  CHECK(forward.n_ready() == backward.n_ready());
  CHECK(forward.n_ready() > kPrefix);
}

TEST_CASE("answers that do not count leave fewer to come, and no vote") {
  Voting voting;
  for (int i = 0; i < 7; ++i) voting.vote("a");
  for (int i = 0; i < 2; ++i) voting.vote("", Verdict::no_answer);
  CHECK(voting.n_ready() == 10); // seven votes, seven to come
  voting.vote("", Verdict::truncated);
  CHECK_FALSE(voting.needed());
}

TEST_CASE("what could not be graded may still be answered, and one sample told twice counts once") {
  Voting voting;
  for (int i = 0; i < 8; ++i) voting.vote("a");
  voting.vote("a", Verdict::not_graded);
  voting.stopper.seen(make_grade("t", "0", 0, Verdict::incorrect, "a"));
  CHECK(voting.needed()); // eight votes, eight to come
  CHECK(voting.n_ready() == 10);
}

TEST_CASE("a question that could never be graded takes all its samples and then ends") {
  Voting voting;
  for (int i = 0; i < kPlanned; ++i) voting.vote("", Verdict::not_graded);
  CHECK(voting.n_ready() == kPlanned);
}

TEST_CASE("where a grader names no answers every sample is taken") {
  Voting voting;
  for (int i = 0; i < kPlanned; ++i) {
    CHECK(voting.needed(i));
    CHECK(voting.n_ready() > i);
    voting.vote("", Verdict::correct);
  }
}

TEST_CASE("a confidence stops sooner, but not before its least number") {
  Voting voting(AdaptiveRule{0.95});
  CHECK(voting.n_ready() == 8);
  for (int i = 0; i < 8; ++i) voting.vote("a");
  CHECK(voting.needed(7));
  CHECK_FALSE(voting.needed(8));
}

TEST_CASE("no order of no answers has another winner than all samples have") {
  SplitMix64 random(7);
  int n_stopped = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    Voting voting;
    std::map<std::string, int> all, taken;
    for (int i = 0; i < kPlanned; ++i) {
      const std::string answer = draw_answer(random);
      ++all[answer];
      if (!voting.needed(i)) continue;
      REQUIRE(voting.n_ready() > i); // nothing is outstanding here
      ++taken[answer], voting.vote(answer);
    }
    if (voting.next == kPlanned) continue;
    ++n_stopped;
    CHECK(winner(all) == winner(taken));
  }
  CHECK(n_stopped > 500);
}

TEST_CASE("a plan holds samples back until grades tell, and hands out the other questions meanwhile") {
  Task task = echo_task("t", 2);
  VoteStopper stopper({}, {{&task, {4, 4}, {}}}); // three samples of each are always taken
  SampleSet none;
  PlanSource source({{&task, {4, 4}, {}}}, {}, 0, {}, none, {});
  source.watch(&stopper);
  std::vector<std::string> taken;
  auto take_all = [&] {
    for (taken.clear(); auto item = source.next();) taken.push_back(item->key.doc_id + "/" + std::to_string(item->key.sample_idx));
    return taken;
  };
  CHECK(take_all() == std::vector<std::string>{"0/0", "0/1", "0/2", "1/0", "1/1", "1/2"});
  CHECK_FALSE(source.has_more());
  for (int s = 0; s < 3; ++s) source.seen(make_grade("t", "0", s, Verdict::correct, "7"));
  CHECK_FALSE(source.next().has_value()); // settled
  for (int s = 0; s < 3; ++s) source.seen(make_grade("t", "1", s, Verdict::incorrect, std::to_string(s % 2)));
  CHECK(source.has_more());
  CHECK(take_all() == std::vector<std::string>{"1/3"});
  CHECK_FALSE(source.has_more());
}

TEST_CASE("pass@1 of a run that stopped early is that of the prefix, and the vote that of all planned samples") {
  RunFixture run;
  run.plan("t", 2, kPlanned);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 4}};
  run.question("t", "0"), run.question("t", "1");
  for (int s = 0; s < 9; ++s) run.answer("t", "0", s, Verdict::correct, "7", 10, s < 4 ? 1 : 5);
  for (int s = 0; s < 12; ++s) run.answer("t", "1", s, s < 2 ? Verdict::correct : Verdict::incorrect, s < 2 ? "7" : "8");
  const Summary summary = run.fold();
  const SlotSummary& slot = summary.tasks[0].slots[0];
  CHECK(find_metric(slot, "pass@1")->value == doctest::Approx((1 + 0.5) / 2)); // by all samples 1 and 2/12
  CHECK(find_metric(slot, "pass@1")->n_samples == 8);
  CHECK(find_metric(slot, "maj@16")->value == 0.5);
  CHECK(find_metric(slot, "pass@8") == nullptr);
  REQUIRE(slot.saving);
  CHECK(slot.saving->n_settled == 2);
  CHECK(slot.saving->n_samples == 7 + 4);
  CHECK(slot.saving->tokens == 110);
  CHECK(slot.n_short == 0);
  CHECK(summary.tasks[0].cost.tokens_per_correct->value == doctest::Approx(80.0 / 6)); // of the prefix too
  CHECK(summary.tasks[0].seconds->p90 == 1);
}

TEST_CASE("a vote that is still open is no vote, and its samples are missing") {
  RunFixture run;
  run.plan("t", 1, kPlanned);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 4}};
  run.question("t", "0");
  for (int s = 0; s < 9; ++s) run.answer("t", "0", s, Verdict::incorrect, s % 2 == 0 ? "8" : "9");
  const Summary summary = run.fold();
  CHECK(find_metric(summary.tasks[0].slots[0], "maj@16") == nullptr);
  CHECK(summary.tasks[0].slots[0].n_short == 7);
  CHECK(std::ranges::none_of(summary.warnings, [](const std::string& text) { return text.find("settled early") != text.npos; }));
}

TEST_CASE("a sample that failed or is missing is none that a settled vote saved") {
  RunFixture run;
  run.plan("t", 1, kPlanned);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 9}};
  run.question("t", "0");
  for (int s = 0; s < 12; ++s)
    if (s != 10) run.answer("t", "0", s, s == 2 ? Verdict::not_graded : Verdict::correct, s == 2 ? "" : "7");
  const SlotSummary slot = run.fold().tasks[0].slots[0];
  CHECK(find_metric(slot, "maj@16")->value == 1); // ten votes, six to come
  CHECK(slot.saving->n_samples == 4);
  CHECK(slot.n_short == 2);
}

TEST_CASE("no vote is settled before the fixed prefix is there") {
  RunFixture run;
  run.plan("t", 1, kPlanned);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 8}, {"confidence", 0.95}};
  run.question("t", "0");
  for (int s = 0; s < 5; ++s) run.answer("t", "0", s, Verdict::correct, "7"); // P(p > 1/2) = 0.984
  const Summary summary = run.fold();
  CHECK(find_metric(summary.tasks[0].slots[0], "maj@16") == nullptr);
  CHECK(summary.tasks[0].slots[0].n_short == kPlanned - 5);
  CHECK(std::ranges::none_of(summary.warnings, [](const std::string& text) { return text.find("settled early") != text.npos; }));
}

TEST_CASE("shares and lengths are of the samples that are counted, not of those behind the prefix") {
  RunFixture run;
  run.plan("t", 1, kPlanned);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 4}};
  run.question("t", "0");
  for (int s = 0; s < 12; ++s) run.answer("t", "0", s, s < 3 ? Verdict::correct : s == 3 ? Verdict::incorrect : Verdict::truncated, s < 3 ? "7" : s == 3 ? "8" : "", s < 4 ? 10 : 1000);
  const Summary summary = run.fold();
  const SlotSummary& slot = summary.tasks[0].slots[0];
  REQUIRE(slot.saving);
  CHECK(share_of_samples(slot, Verdict::truncated) == 0.0);
  CHECK(slot.shares[static_cast<size_t>(Verdict::correct)] == 0.75);
  CHECK(count_of(slot.verdicts, Verdict::truncated) == 8);
  CHECK(summary.tasks[0].lengths->n == 4);
  CHECK(summary.tasks[0].lengths->max == 10);
}

TEST_CASE("while some votes are open the headline is a vote of the prefix, at the prefix's cost") {
  RunFixture run;
  run.plan("t", 2, kPlanned);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 4}};
  run.question("t", "0"), run.question("t", "1");
  for (int s = 0; s < 9; ++s) {
    run.answer("t", "0", s, Verdict::correct, "7");
    run.answer("t", "1", s, Verdict::incorrect, s % 2 == 0 ? "8" : "9");
  }
  FoldOptions options;
  options.pricing = Pricing{CostBasis::price_list, {0, 0, 1e6}, 0, "", ""};
  const TaskSummary task = run.fold({}, options).tasks[0];
  CHECK(headline_metric(task.slots[0], MetricKind::maj_at)->name == "maj@2"); // maj@4 of four is one vote
  CHECK(task.cost.solved_k == 2);
  CHECK(task.cost.usd_per_solved->value == doctest::Approx(2 * 2 * 10)); // one of two questions solved
}

TEST_CASE("a grader that names no answers has no early votes") {
  RunFixture run;
  run.plan("t", 1, 6);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 4}};
  run.question("t", "0");
  for (int s = 0; s < 5; ++s) run.answer("t", "0", s, s < 2 ? Verdict::correct : Verdict::incorrect);
  const SlotSummary slot = run.fold().tasks[0].slots[0];
  CHECK_FALSE(slot.saving);
  CHECK(find_metric(slot, "pass@1")->n_samples == 5);
  CHECK(slot.n_short == 1);
}

TEST_CASE("a run that may stop early but did not is an ordinary run") {
  RunFixture run;
  run.plan("t", 1, 6);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 4}};
  run.question("t", "0");
  for (int s = 0; s < 6; ++s) run.answer("t", "0", s, s < 3 ? Verdict::correct : Verdict::incorrect, s < 3 ? "7" : "8");
  const Summary summary = run.fold();
  CHECK_FALSE(summary.tasks[0].slots[0].saving);
  CHECK(find_metric(summary.tasks[0].slots[0], "pass@1")->n_samples == 6);
}

TEST_CASE("a smaller plan takes nothing back, and a larger one counts when it has come to its end") {
  const auto plan = [](int n) { return SessionPlan{n, AdaptivePlan{{}, AdaptiveRule{}.prefix(n)}}; };
  const auto holds = [](int most) { return [most](int n) { return n <= most; }; };
  const auto prefix = [](const std::optional<AdaptivePlan>& kept) { return kept ? kept->prefix : 0; };
  CHECK(prefix(plan_after({}, plan(32), holds(0))) == 17);
  CHECK(prefix(plan_after(plan(32), plan(8), holds(17))) == 17);
  CHECK(prefix(plan_after(plan(32), plan(8), holds(16))) == 5); // it may draw below 17, as its votes say
  const SessionPlan wider{32, plan_after(plan(8), plan(32), holds(5))};
  CHECK(prefix(wider.adaptive) == 5); // the smaller plan stopped where votes were settled
  CHECK(prefix(plan_of_ended(wider, plan(32))) == 17);
  CHECK(prefix(plan_of_ended(wider, plan(8))) == 5);
  CHECK(prefix(plan_after(plan(32), {2, {}}, holds(17))) == 17); // a pilot
}

TEST_CASE("where every question has every sample nothing was left out") {
  const auto plan = [](int n) { return SessionPlan{n, AdaptivePlan{{}, AdaptiveRule{}.prefix(n)}}; };
  const auto holds = [](int most) { return [most](int n) { return n <= most; }; };
  CHECK_FALSE(plan_after(plan(32), {8, {}}, holds(32)));
  CHECK_FALSE(plan_after({32, {}}, plan(8), holds(32)));
  CHECK_FALSE(plan_of_ended(plan(32), {32, {}}));
  CHECK(plan_after(plan(32), plan(64), holds(32))->prefix == 33);
  CHECK(plan_after(plan(32), plan(48), holds(32))->prefix == 32);
}

TEST_CASE("pass@1 of all samples under early stopping would be biased, that of the prefix is not") {
  SplitMix64 random(11);
  double truth = 0, prefix = 0, all = 0;
  constexpr int kTrials = 20000;
  const AdaptiveRule rule{0.95};
  for (int trial = 0; trial < kTrials; ++trial) {
    const double rate = random.uniform();
    Voting voting(rule);
    int right = 0, n = 0, right_of_prefix = 0;
    for (int s = 0; s < kPlanned && voting.needed(s); ++s, ++n) {
      const bool is_right = random.uniform() < rate;
      right += is_right, right_of_prefix += is_right && s < rule.prefix(kPlanned);
      voting.vote(is_right ? "7" : std::to_string(random.below(3)), is_right ? Verdict::correct : Verdict::incorrect);
    }
    truth += rate / kTrials, prefix += right_of_prefix / double(rule.prefix(kPlanned)) / kTrials, all += double(right) / n / kTrials;
  }
  CHECK(std::abs(prefix - truth) < 0.004);
  CHECK(all - truth > 0.006);
}
