// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "harness/runner.h"
#include "tests/examples/example_backend.h"
#include "tests/examples/example_task.h"
#include "tests/fakes.h"
#include "tests/temp_dir.h"

using namespace proctor;

TEST_CASE("the worked examples run through the real loop") {
  TempDir dir;
  dir.write("run.json", "{}");
  Task task = make_parity_task(10);
  ConstantBackend backend("<think>hm</think>\\boxed{Odd}");

  auto log = RunLog::open(dir.path(), "example", {});
  REQUIRE(log.has_value());
  GradingTable table;
  for (const Question& question : task.questions) table.add(task, question);
  SampleSet done;
  SilentObserver observer;
  PlanSource source({{&task, std::vector<int>(10, 2), {}}}, {}, 0, {}, done, {});
  Runner runner(*log, record_file(dir.path(), "samples", {}), table, &source, observer, {}, {});
  REQUIRE(runner.generate(backend));
  REQUIRE(runner.finish());
  CHECK(observer.n_graded == 20);
  CHECK(observer.n_correct == 10); // 3, 17, 31, ...: every second number is odd
}

TEST_CASE("the example grader leaves truncation and missing answers to its base") {
  Task task = make_parity_task(1);
  Completion completion;
  completion.text = "<think>\\boxed{odd}";
  apply_split(completion, false);
  CHECK(task.graders[0]->grade(task.questions[0], completion).verdict == Verdict::truncated);
  completion.text = "I would rather not say, but numbers are a fine thing.";
  completion.reasoning.clear();
  apply_split(completion, false);
  CHECK(task.graders[0]->grade(task.questions[0], completion).verdict == Verdict::no_answer);
}
