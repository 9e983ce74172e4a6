// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "reports/results_json.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

void traced(RunFixture& fixture, const std::string& doc, int sample, Verdict verdict, int64_t tokens, Json stats) {
  Completion completion;
  completion.key = {"t", doc, sample};
  completion.text = "x";
  completion.usage.completion_tokens = tokens;
  fixture.sample(completion);
  Grade grade = make_grade("t", doc, sample, verdict, "7");
  grade.stats = std::move(stats);
  fixture.grade(grade);
}

Json stats(int words, int foreign, int reflective, int aha, int wait, bool loop) {
  return {{"characters", 100}, {"words", words}, {"foreign_words", foreign}, {"reflective", reflective},
          {"aha", aha},        {"wait", wait},   {"loop", loop}};
}

} // namespace

TEST_CASE("traces are summed over samples, rates are means over questions") {
  RunFixture fixture;
  for (const char* doc : {"a", "b"}) fixture.question("t", doc);
  Json first = stats(100, 0, 6, 3, 2, false);
  first["overthinking"] = 0.5;
  traced(fixture, "a", 0, Verdict::correct, 1000, first);
  traced(fixture, "a", 1, Verdict::incorrect, 3000, stats(100, 20, 2, 1, 0, true));
  traced(fixture, "b", 0, Verdict::correct, 500, stats(100, 5, 0, 0, 0, false));
  traced(fixture, "b", 1, Verdict::correct, 500, stats(0, 0, 0, 0, 0, false));
  const Summary summary = fixture.fold();
  const TaskSummary& task = summary.tasks.at(0);
  const TraceSummary& traces = *task.traces;
  CHECK(traces.n == 4);
  CHECK(*traces.consistency == doctest::Approx(275.0 / 300));
  CHECK(traces.reflective_per_answer == 2);
  CHECK(*traces.reflective_per_1k == doctest::Approx(8.0 / 5));
  CHECK(*traces.aha_per_1k == doctest::Approx(4.0 / 5));
  CHECK(traces.n_wait == 1);
  CHECK(*traces.accuracy_wait == 1);
  CHECK(*traces.accuracy_no_wait == doctest::Approx(2.0 / 3));
  CHECK(*traces.overthinking == doctest::Approx(0.5));
  CHECK(find_metric(task.slots.at(0), "loop")->value == 0.25);
  CHECK(find_metric(task.slots.at(0), "mixed")->value == 0.25); // 5 % foreign is not yet mixed
  const Json json = results_json(summary);
  CHECK(json["higher_is_better"]["t"]["loop"] == false);
  CHECK(json["proctor"]["reasoning"]["t"]["accuracy_with_wait"] == 1.0);
}

TEST_CASE("a log without trace counts has no trace numbers") {
  RunFixture fixture;
  fixture.question("t", "a");
  fixture.answer("t", "a", 0, Verdict::correct, "7");
  const Summary summary = fixture.fold();
  CHECK_FALSE(summary.tasks.at(0).traces.has_value());
  CHECK(find_metric(summary.tasks.at(0).slots.at(0), "loop") == nullptr);
}

TEST_CASE("a smaller token limit loses the answers that are longer") {
  RunFixture fixture;
  fixture.question("t", "a");
  for (auto [sample, tokens] : {std::pair(0, 100), {1, 200}, {2, 400}, {3, 800}})
    fixture.answer("t", "a", sample, sample < 3 ? Verdict::correct : Verdict::truncated, "7", tokens);
  const Summary summary = fixture.fold();
  const LimitCurve& curve = *summary.tasks.at(0).limits;
  CHECK(curve.unit == "tokens");
  CHECK(curve.points.back().accuracy == doctest::Approx(0.75)); // what the run itself scored
  CHECK(curve.points.back().used == doctest::Approx(375));
  for (const LimitPoint& point : curve.points) {
    const int within = (point.limit >= 100) + (point.limit >= 200) + (point.limit >= 400);
    CHECK(point.accuracy == doctest::Approx(within / 4.0));
  }
  CHECK(*curve.b90 >= 400);
  CHECK(*curve.b90 < 600);
}

TEST_CASE("lengths by verdict share their bins and count everything once") {
  RunFixture fixture;
  fixture.question("t", "a");
  for (int i = 0; i < 20; ++i) fixture.answer("t", "a", i, i % 4 == 0 ? Verdict::incorrect : Verdict::correct, "7", 10 + 37 * i);
  const Summary summary = fixture.fold();
  const LengthSplit& split = *summary.tasks.at(0).length_split;
  REQUIRE(split.correct.bins.size() + 1 == split.edges.size());
  int64_t n = 0;
  for (size_t i = 0; i < split.correct.bins.size(); ++i) n += split.correct.bins[i] + split.wrong.bins[i];
  CHECK(n == 20);
  CHECK(split.wrong.n == 5);
  CHECK(split.wrong.p50 == 10 + 37 * 8);
}

TEST_CASE("reasoning that the endpoint did not count is told from the text") {
  RunFixture fixture;
  fixture.question("t", "a");
  Completion completion;
  completion.key = {"t", "a", 0};
  completion.usage.completion_tokens = 1000;
  completion.usage.reasoning_tokens = 0;
  fixture.sample(completion);
  Grade grade = make_grade("t", "a", 0, Verdict::correct, "7");
  grade.stats = stats(10, 0, 0, 0, 0, false);
  grade.stats["reasoning_characters"] = 80;
  fixture.grade(grade);
  const Json tokens = results_json(fixture.fold())["proctor"]["tokens"]["t"];
  CHECK_FALSE(tokens.contains("reasoning"));
  CHECK(tokens["reasoning_by_text"] == 800);
  CHECK(tokens["answer"] == 200);
}
