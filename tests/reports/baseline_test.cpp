// SPDX-License-Identifier: MIT
#include "reports/baseline.h"

#include <doctest/doctest.h>

#include "reports/compare.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

void scored_sample(RunFixture& run, const std::string& doc, int sample_idx, Verdict verdict, double logprob_sum) {
  Completion completion;
  completion.key = {"t", doc, sample_idx};
  completion.text = completion.answer_text = "x";
  completion.usage.completion_tokens = 10;
  completion.logprob_sum = logprob_sum;
  run.sample(completion);
  run.grade(make_grade("t", doc, sample_idx, verdict, verdict == Verdict::correct ? "7" : "8"));
}

Summary read_back(const Summary& summary) {
  Result<Summary> parsed = parse_baseline(write_baseline(summary), "b.json");
  REQUIRE_MESSAGE(parsed.has_value(), (parsed ? "" : parsed.error().message));
  return *parsed;
}

// How two summaries of one task compare by a metric; "" when they do.
std::string why_not(const Summary& base, const Summary& cand, const std::string& metric) {
  CompareOptions options;
  options.metric = metric;
  const TaskSummary &a = base.tasks.at(0), &b = cand.tasks.at(0);
  const TaskComparison comparison = compare_slots(a, a.slots.at(0), b, b.slots.at(0), options);
  if (comparison.incomparable.empty()) CHECK(comparison.difference == doctest::Approx(0));
  return comparison.incomparable;
}

std::string refusal_of(const std::string& question) {
  Result<Summary> parsed = parse_baseline(R"({"schema":"proctor.baseline/1","tasks":{"t":{"graders":{"none":{"questions":[)" + question + "]}}}}}", "b.json");
  return parsed ? "" : parsed.error().message;
}

} // namespace

TEST_CASE("a baseline knows best@k as its run does, of equal scores too") {
  RunFixture run;
  run.plan("t", 2, 4);
  for (const char* doc : {"a", "b"}) run.question("t", doc);
  // b's two middle samples have one score, and one of them is right.
  const double scores[] = {-3, -1, -1, -2};
  for (int s = 0; s < 4; ++s) scored_sample(run, "a", s, s == 3 ? Verdict::correct : Verdict::incorrect, -1.0 - s);
  for (int s = 0; s < 4; ++s) scored_sample(run, "b", s, s == 1 ? Verdict::correct : Verdict::incorrect, scores[s]);
  const Summary summary = run.fold(), baseline = read_back(summary);
  for (const char* name : {"best@1", "best@2", "best@4"}) {
    INFO(name);
    const Metric *of_run = find_metric(summary.tasks[0].slots[0], name), *of_file = find_metric(baseline.tasks[0].slots[0], name);
    REQUIRE((of_run != nullptr && of_file != nullptr));
    CHECK(of_file->value == doctest::Approx(of_run->value));
    CHECK(why_not(baseline, summary, name) == "");
  }
  CHECK(find_metric(baseline.tasks[0].slots[0], "best@4")->value == doctest::Approx(0.25)); // a never, b half the time
}

TEST_CASE("a baseline knows the vote that an adaptive run settled") {
  RunFixture run;
  run.plan("t", 2, 16);
  run.run["plan"]["t"]["adaptive"] = {{"prefix", 4}};
  for (const char* doc : {"a", "b"}) run.question("t", doc);
  for (int s = 0; s < 9; ++s) run.answer("t", "a", s, Verdict::correct, "7");
  for (int s = 0; s < 12; ++s) run.answer("t", "b", s, s < 2 ? Verdict::correct : Verdict::incorrect, s < 2 ? "7" : "8");
  const Summary summary = run.fold(), baseline = read_back(summary);
  REQUIRE(find_metric(baseline.tasks[0].slots[0], "maj@16") != nullptr);
  CHECK(find_metric(baseline.tasks[0].slots[0], "maj@16")->value == 0.5);
  CHECK(find_metric(baseline.tasks[0].slots[0], "pass@1")->value == find_metric(summary.tasks[0].slots[0], "pass@1")->value);
  CHECK(why_not(baseline, summary, "maj@16") == "");
}

TEST_CASE("ranks and settled votes that no run has are refused") {
  CHECK(refusal_of(R"({"id":"a","n":2,"c":1,"ranked":[[1,0],[1,1]],"settled":[8,5,0.5]})") == "");
  CHECK(refusal_of(R"({"id":"a","n":2,"c":1})") == "");
  for (const char* wrong : {"7", "[[1,0]]", "[[1,2],[1,0]]", "[[2]]", "[[1,0],[1,0]]", "[[-1,0],[3,1]]", R"([["1","0"],[1,1]])"}) {
    INFO(wrong);
    CHECK(refusal_of(std::string(R"({"id":"a","n":2,"c":1,"ranked":)") + wrong + "}").find("b.json, t, question a: ") == 0);
  }
  CHECK(refusal_of(R"({"id":"a","n":1000000000,"c":0,"ranked":[[1000000000,0]]})") != "");
  for (const char* wrong : {"7", "[8,5]", "[8,-5,1]", "[8,5,1.5]", R"([8,5,"1"])"})
    CHECK(refusal_of(std::string(R"({"id":"a","n":2,"c":1,"settled":)") + wrong + "}").find("\"settled\" is not [k, samples, credit]") != std::string::npos);
}
