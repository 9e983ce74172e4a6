// SPDX-License-Identifier: MIT
#include <algorithm>
#include <doctest/doctest.h>

#include "reports/gate.h"
#include "reports/results_json.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

constexpr TokenPrice kPrice{1, 0.1, 10}; // USD per million

Pricing by_list() { return {CostBasis::price_list, kPrice, 0, "acme model", "a page"}; }

Completion used(const std::string& doc, int sample, int64_t prompt, int64_t completion, CompletionStatus status = CompletionStatus::complete) {
  Completion c;
  c.key = {"t", doc, sample};
  c.text = "x";
  c.status = status;
  c.usage.prompt_tokens = prompt;
  c.usage.completion_tokens = completion;
  return c;
}

FoldOptions priced(Pricing pricing) {
  FoldOptions options;
  options.pricing = std::move(pricing);
  return options;
}

// Two questions with two samples each; a failed attempt besides.
void fill(RunFixture& fixture) {
  for (const char* doc : {"a", "b"}) fixture.question("t", doc);
  fixture.plan("t", 2, 2);
  fixture.sample(used("a", 0, 1000, 0, CompletionStatus::error));
  fixture.sample(used("a", 0, 1000, 100'000));
  fixture.sample(used("a", 1, 1000, 200'000));
  fixture.sample(used("b", 0, 1000, 300'000));
  fixture.sample(used("b", 1, 1000, 400'000, CompletionStatus::truncated_thinking));
  fixture.grade(make_grade("t", "a", 0, Verdict::correct, "7"));
  fixture.grade(make_grade("t", "a", 1, Verdict::correct, "7"));
  fixture.grade(make_grade("t", "b", 0, Verdict::correct, "7"));
  fixture.grade(make_grade("t", "b", 1, Verdict::truncated));
}

} // namespace

TEST_CASE("every attempt is paid, and what failed is waste") {
  RunFixture fixture;
  fill(fixture);
  const CostSummary cost = fixture.fold({}, priced(by_list())).tasks.at(0).cost;
  CHECK(cost.basis == CostBasis::price_list);
  CHECK(*cost.usd == doctest::Approx(10.005)); // 5 prompts of 1,000 and a million tokens
  CHECK(*cost.waste_usd == doctest::Approx(0.001));
  CHECK(*cost.truncated_usd == doctest::Approx(4.001));
  CHECK(*cost.prompt_usd + *cost.cached_usd + *cost.completion_usd == doctest::Approx(*cost.usd));
  CHECK(cost.usd_per_question->value == doctest::Approx(10.005 / 2));
  CHECK(cost.usd_per_sample->value == doctest::Approx(10.005 / 4));
  CHECK(cost.usd_per_correct->value == doctest::Approx(10.005 / 3));
  CHECK(cost.tokens_per_correct->value == doctest::Approx(1e6 / 3));
  CHECK(*cost.median_usd_per_correct == doctest::Approx((3.003 / 2 + 7.002) / 2));
  CHECK(*cost.share_unsolved == 0);
  CHECK(cost.n_attempts == 5);
  CHECK(cost.n_priced == 5);
}

TEST_CASE("the parts of a price add up to the whole where some attempts report more cached tokens than prompt, or no tokens at all") {
  RunFixture fixture;
  fill(fixture);
  Completion cached = used("a", 2, 100, 1000);
  cached.usage.cached_tokens = 5000;
  fixture.sample(cached);
  Completion unknown = used("b", 2, 1'000'000, 0);
  unknown.usage.completion_tokens = {};
  fixture.sample(unknown);
  const CostSummary cost = fixture.fold({}, priced(by_list())).tasks.at(0).cost;
  CHECK(*cost.prompt_usd == doctest::Approx(0.005));
  CHECK(*cost.cached_usd == doctest::Approx(0.00001)); // all 100 of its prompt
  CHECK(*cost.prompt_usd + *cost.cached_usd + *cost.completion_usd == doctest::Approx(*cost.usd));
}

TEST_CASE("the shares of a price by the hour add up to the whole") {
  RunFixture fixture;
  fill(fixture);
  fixture.run["seconds"] = 1800.0;
  fixture.run["core_seconds"] = 3600.0;
  fixture.run["model"] = {{"details", {{"device", "cuda:0"}}}};
  const Summary by_core = fixture.fold({}, priced({CostBasis::core_hour, {}, 0.05, "", ""}));
  CHECK(*by_core.tasks.at(0).cost.usd == doctest::Approx(0.05));
  double sum = 0;
  for (const QuestionRow& row : by_core.tasks.at(0).slots.at(0).questions) sum += *row.usd;
  CHECK(sum == doctest::Approx(0.05));
  CHECK(*fixture.fold({}, priced({CostBasis::gpu_hour, {}, 2, "", ""})).tasks.at(0).cost.usd == doctest::Approx(1.0));
}

TEST_CASE("by the hour a sample pays for its share of the engine's steps, and the shares add up to hours times price") {
  RunFixture fixture;
  for (const char* doc : {"a", "b"}) fixture.question("t", doc);
  auto stepped = [&](const char* doc, int sample, double seconds, CompletionStatus status) {
    Completion c = used(doc, sample, 100, 1000, status); // equal tokens: by them all would pay alike
    c.step_seconds = seconds;
    fixture.sample(c);
  };
  stepped("a", 0, 10, CompletionStatus::error);
  stepped("a", 0, 30, CompletionStatus::complete);
  stepped("b", 0, 40, CompletionStatus::truncated_thinking);
  fixture.grade(make_grade("t", "a", 0, Verdict::correct, "7"));
  fixture.grade(make_grade("t", "b", 0, Verdict::truncated));
  fixture.run["seconds"] = 100.0; // 20 of them in no step: loading and waiting
  fixture.run["core_seconds"] = 160.0;
  fixture.run["step_seconds"] = 80.0;
  fixture.run["model"] = {{"details", {{"device", "cuda:0"}}}};
  const Summary gpu = fixture.fold({}, priced({CostBasis::gpu_hour, {}, 36, "", ""}));
  const CostSummary& cost = gpu.tasks.at(0).cost;
  CHECK(*cost.usd == doctest::Approx(1.0)); // 100 s at a cent
  CHECK(*cost.waste_usd == doctest::Approx(10.0 / 80));
  CHECK(*cost.truncated_usd == doctest::Approx(40.0 / 80));
  CHECK(*cost.overhead_usd == doctest::Approx(0.2));
  CHECK(*gpu.tasks.at(0).slots.at(0).questions.at(0).usd == doctest::Approx(0.5));
  CHECK(*gpu.tasks.at(0).slots.at(0).questions.at(1).usd == doctest::Approx(0.5));
  CHECK(results_json(gpu)["proctor"]["cost"]["t"]["overhead_usd"].get<double>() == doctest::Approx(0.2));
  const Summary core = fixture.fold({}, priced({CostBasis::core_hour, {}, 36, "", ""}));
  CHECK(*core.tasks.at(0).cost.usd == doctest::Approx(1.6));
  CHECK(*core.tasks.at(0).cost.overhead_usd == doctest::Approx(0));
}

TEST_CASE("where one sample tells no steps, tokens share the hours among all") {
  RunFixture fixture;
  fill(fixture);
  Completion stepped = used("b", 2, 0, 1'000'000);
  stepped.step_seconds = 5;
  fixture.sample(stepped);
  fixture.grade(make_grade("t", "b", 2, Verdict::incorrect, "8"));
  fixture.run["core_seconds"] = 3600.0;
  const Summary summary = fixture.fold({}, priced({CostBasis::core_hour, {}, 2, "", ""}));
  CHECK(*summary.tasks.at(0).cost.usd == doctest::Approx(2.0));
  CHECK(*summary.tasks.at(0).slots.at(0).questions.at(0).usd == doctest::Approx(2 * 0.3 / 2)); // 300,000 of 2,000,000
  CHECK_FALSE(summary.tasks.at(0).cost.overhead_usd.has_value());
}

TEST_CASE("the time of single samples is told, for gates too") {
  RunFixture fixture;
  fixture.question("t", "a");
  for (int i = 0; i < 11; ++i) {
    Completion c = used("a", i, 1, 1, i == 10 ? CompletionStatus::error : CompletionStatus::complete);
    c.seconds = i + 1; // 1 .. 10, and a failed one
    fixture.sample(c);
    fixture.grade(make_grade("t", "a", i, i == 10 ? Verdict::not_graded : Verdict::correct, "7"));
  }
  const Summary summary = fixture.fold();
  const Lengths& seconds = *summary.tasks.at(0).seconds;
  CHECK(seconds.n == 10);
  CHECK(seconds.p50 == doctest::Approx(5.5));
  CHECK(seconds.p90 == doctest::Approx(9.1));
  CHECK(seconds.mean == doctest::Approx(5.5));
  const Json json = results_json(summary)["proctor"]["seconds"]["t"];
  CHECK(json["unit"] == "seconds");
  CHECK(json["p90"].get<double>() == doctest::Approx(9.1));
  const auto& extra = summary.tasks.at(0).slots.at(0).extra_metrics;
  CHECK(std::ranges::find(extra, std::pair<std::string, double>("seconds_p50", 5.5)) != extra.end());
}

TEST_CASE("a GPU price without a GPU is no price") {
  RunFixture fixture;
  fill(fixture);
  fixture.run["seconds"] = 1800.0;
  const CostSummary cost = fixture.fold({}, priced({CostBasis::gpu_hour, {}, 2, "", ""})).tasks.at(0).cost;
  CHECK(cost.basis == CostBasis::none);
  CHECK_FALSE(cost.usd.has_value());
  CHECK(cost.tokens_per_correct.has_value()); // the portable unit is always there
}

TEST_CASE("what the endpoint reported is the cost where nothing else was asked") {
  RunFixture fixture;
  fixture.question("t", "a");
  Completion paid = used("a", 0, 10, 10);
  paid.usage.reported_usd = 0.25;
  fixture.sample(paid);
  fixture.grade(make_grade("t", "a", 0, Verdict::correct, "7"));
  const Summary summary = fixture.fold();
  CHECK(summary.tasks.at(0).cost.basis == CostBasis::reported);
  CHECK(*summary.tasks.at(0).cost.usd == 0.25);
  const Json json = results_json(summary)["proctor"]["cost"]["t"];
  CHECK(json["basis"] == "reported");
  CHECK(json["usd_per_correct"] == 0.25);
  CHECK(fixture.fold({}, priced(by_list())).tasks.at(0).cost.basis == CostBasis::price_list);
}

TEST_CASE("a bill by reported dollars says with how many answers they came") {
  RunFixture fixture;
  for (int s = 0; s < 3; ++s) {
    Completion answer = used("a", s, 10, 10);
    if (s != 1) answer.usage.reported_usd = 0.25;
    fixture.sample(answer);
    fixture.grade(make_grade("t", "a", s, Verdict::correct, "7"));
  }
  fixture.question("t", "a");
  CHECK(fixture.fold().tasks.at(0).cost.what == "as the endpoint reported with 2 of 3 answers");
}

TEST_CASE("what a task cost can be judged under every one of its graders") {
  RunFixture fixture;
  fill(fixture);
  for (const char* doc : {"a", "b"})
    for (int s = 0; s < 2; ++s) {
      Grade grade = make_grade("t", doc, s, s == 0 ? Verdict::correct : Verdict::incorrect, s == 0 ? "7" : "8");
      grade.grader = "strict";
      fixture.grade(grade);
    }
  const Summary summary = fixture.fold({}, priced(by_list()));
  auto values = [&](const char* rule) {
    const GateReport report = evaluate_gates({summary, nullptr, {*parse_threshold(rule, GateKind::max)}, 0, {}, 0});
    std::vector<double> list;
    for (const GateResult& gate : report.gates) list.push_back(gate.value.value_or(-1));
    std::ranges::sort(list);
    return list;
  };
  auto are = [](const std::vector<double>& list, double less, double more) {
    return list.size() == 2 && list[0] == doctest::Approx(less) && list[1] == doctest::Approx(more);
  };
  CHECK(are(values("usd<=3"), 10.005, 10.005));
  CHECK(are(values("usd_per_question<=3"), 10.005 / 2, 10.005 / 2));
  CHECK(are(values("usd_per_correct<=3"), 10.005 / 3, 10.005 / 2)); // three right ones by the one, two by the other
  CHECK(are(values("tokens_per_correct<=3"), 1e6 / 3, 1e6 / 2));
}

TEST_CASE("a gate and the report agree on tokens and dollars per correct answer where attempts failed") {
  RunFixture fixture;
  fill(fixture);
  fixture.sample(used("a", 2, 0, 500'000, CompletionStatus::error)); // failed for good, and paid
  const Summary summary = fixture.fold({}, priced(by_list()));
  const CostSummary& cost = summary.tasks.at(0).cost;
  CHECK(cost.tokens_per_correct->value == doctest::Approx(1.5e6 / 3));
  for (auto [rule, value] : {std::pair("tokens_per_correct<=1", cost.tokens_per_correct->value), {"usd_per_correct<=1", cost.usd_per_correct->value}})
    CHECK(*evaluate_gates({summary, nullptr, {*parse_threshold(rule, GateKind::max)}, 0, {}, 0}).gates.at(0).value == doctest::Approx(value));
}

TEST_CASE("nothing right has no cost per correct answer, and no price no money") {
  RunFixture fixture;
  fixture.question("t", "a");
  fixture.sample(used("a", 0, 10, 10));
  fixture.grade(make_grade("t", "a", 0, Verdict::incorrect, "8"));
  const Json priceless = results_json(fixture.fold())["proctor"]["cost"]["t"];
  CHECK(priceless["basis"] == "none");
  CHECK_FALSE(priceless.contains("usd"));
  const CostSummary cost = fixture.fold({}, priced(by_list())).tasks.at(0).cost;
  CHECK_FALSE(cost.usd_per_correct.has_value());
  CHECK(*cost.share_unsolved == 1);
}

TEST_CASE("the vote's price is that of its k samples over the questions it solves") {
  RunFixture fixture;
  for (const char* doc : {"a", "b"}) {
    fixture.question("t", doc);
    for (int s = 0; s < 4; ++s) {
      fixture.sample(used(doc, s, 0, 100'000)); // 1 USD
      const bool right = std::string(doc) == "a";
      fixture.grade(make_grade("t", doc, s, right ? Verdict::correct : Verdict::incorrect, right ? "7" : "8"));
    }
  }
  const CostSummary cost = fixture.fold({}, priced(by_list())).tasks.at(0).cost;
  CHECK(cost.solved_k == 2); // the largest k with n >= 2k
  CHECK(cost.usd_per_solved->value == doctest::Approx(4.0)); // 2 samples of 2 questions, one of them solved
}

TEST_CASE("pricing survives run.json") {
  const Pricing back = pricing_from_json(to_json(by_list()));
  CHECK(back.basis == CostBasis::price_list);
  CHECK(back.tokens.output == 10);
  CHECK(back.what == "acme model");
  CHECK(pricing_from_json(Json::parse(R"({"basis":"magic","usd_per_hour":-3})")).basis == CostBasis::none);
  CHECK(pricing_from_json(Json("text")).usd_per_hour == 0);
}
