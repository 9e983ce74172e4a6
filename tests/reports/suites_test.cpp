// SPDX-License-Identifier: MIT
#include "reports/suites.h"

#include <cmath>

#include "reports/html.h"
#include "reports/markdown.h"
#include "reports/results_json.h"
#include "reports/table.h"
#include "tests/reports/run_fixture.h"

using namespace proctor;

namespace {

// Two tasks of a suite and one of none: of 10 questions all right, of 2 none right, and 1 question.
Summary two_and_one() {
  RunFixture run;
  run.run = {{"model", {{"name", "m"}}}, {"tasks", {{"s/a", {{"suite", "s"}}}, {"other", Json::object()}, {"s/b", {{"suite", "s"}}}}}};
  run.plan("s/a", 10, 1);
  run.plan("other", 1, 1);
  run.plan("s/b", 2, 1);
  for (int q = 0; q < 10; ++q) {
    run.question("s/a", std::to_string(q));
    run.answer("s/a", std::to_string(q), 0, Verdict::correct, "7");
  }
  run.question("other", "x");
  run.answer("other", "x", 0, Verdict::correct, "7");
  for (const char* doc : {"p", "q"}) {
    run.question("s/b", doc);
    run.answer("s/b", doc, 0, Verdict::incorrect, "8");
  }
  return run.fold();
}

} // namespace

TEST_CASE("a suite's number is the mean of its tasks, however many questions they have") {
  const Summary summary = two_and_one();
  REQUIRE(summary.suites.size() == 1);
  const SuiteSummary& suite = summary.suites[0];
  CHECK(suite.name == "s");
  CHECK(suite.tasks == std::vector<std::string>{"s/a", "s/b"});
  REQUIRE(suite.metrics.front().name == "pass@1,none");
  const SuiteMetric& mean = suite.metrics.front();
  CHECK(mean.value == 0.5);
  const Interval a = *summary.tasks[0].slots[0].metrics[0].rerun, b = *summary.tasks[2].slots[0].metrics[0].rerun;
  REQUIRE(mean.rerun);
  CHECK(mean.rerun->lo == doctest::Approx(0.5 - std::hypot(1 - a.lo, 0 - b.lo) / 2));
  CHECK(mean.rerun->hi == doctest::Approx(0.5 + std::hypot(a.hi - 1, b.hi - 0) / 2));
}

TEST_CASE("a metric that one of the tasks lacks has no mean") {
  RunFixture run;
  run.run["tasks"] = {{"s/a", {{"suite", "s"}}}, {"s/b", {{"suite", "s"}}}};
  run.question("s/a", "x");
  run.answer("s/a", "x", 0, Verdict::correct, "7");
  run.question("s/b", "y"); // nothing graded
  const Summary summary = run.fold();
  REQUIRE(summary.suites.size() == 1);
  CHECK(summary.suites[0].metrics.empty());
  CHECK(suite_text(summary.suites[0]) == "s: mean of 2 tasks: not every task has a pass@1");
}

TEST_CASE("every report has the mean of a suite, and none of a single task") {
  const Summary summary = two_and_one();
  const std::string line = "s: mean of 2 tasks: pass@1 50.0%, rerun [";
  CHECK(write_table(summary, {}).find(line) != std::string::npos);
  CHECK(write_markdown(summary).find("- s\\: mean of 2 tasks\\: pass&#64;1 50\\.0%") != std::string::npos);
  CHECK(write_html(summary).find("<p>" + line) != std::string::npos);
  const Json json = results_json(summary);
  CHECK(json["groups"]["s"]["pass@1,none"] == 0.5);
  CHECK(json["group_subtasks"] == Json({{"s", {"s/a", "s/b"}}}));
  CHECK(json["proctor"]["suites"]["s"]["pass@1,none"]["n_tasks"] == 2);
  RunFixture one;
  one.run["tasks"] = {{"s/a", {{"suite", "s"}}}};
  one.question("s/a", "x");
  one.answer("s/a", "x", 0, Verdict::correct, "7");
  CHECK(one.fold().suites.empty());
  CHECK_FALSE(results_json(one.fold()).contains("groups"));
}
