// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "harness/runner.h"
#include "tests/examples/example_backend.h"
#include "tests/examples/example_benchmark.h"
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

TEST_CASE("the example benchmark reads its file, asks, and grades") {
  TempDir dir;
  TaskOptions options;
  options.data.files["capitals"] = dir.write("capitals.jsonl", R"({"country":"Peru","capital":"Lima"}
{"country":"Chad","answer":"N'Djamena"}
)");
  auto task = load_entry(capitals(), options);
  REQUIRE(task);
  REQUIRE(task->questions.size() == 2);
  CHECK(task->questions[0].messages == std::vector<Message>{{"user", "What is the capital of Peru?\nGive the city's name alone.\n"
                                                                     "Please reason step by step, and put your final answer within \\boxed{}."}});
  Completion completion;
  completion.text = "<think>South America.</think>It is \\boxed{Lima}.";
  apply_split(completion, false);
  CHECK(task->graders[0]->grade(task->questions[0], completion).verdict == Verdict::correct);
  CHECK(task->graders[0]->grade(task->questions[1], completion).verdict == Verdict::incorrect);

  options.data.files["capitals"] = dir.write("bad.jsonl", "{\"country\":\"Peru\",\"capital\":\"Lima\"}\n{\"country\":\"Chad\"}\n");
  CHECK(load_entry(capitals(), options).error().message.ends_with("bad.jsonl:2: no \"capital\" or \"answer\""));
}
