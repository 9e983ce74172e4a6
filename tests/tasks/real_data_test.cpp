// SPDX-License-Identifier: MIT
// Real benchmark files, where PROCTOR_TEST_DATA names a folder that holds them. Nothing of theirs is in this tree.

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>

#include "tasks/catalog.h"

using namespace proctor;

namespace {

std::string data_dir() {
  const char* dir = std::getenv("PROCTOR_TEST_DATA");
  if (dir == nullptr) MESSAGE("skipped: PROCTOR_TEST_DATA not set");
  return dir == nullptr ? "" : std::string(dir) + "/bench";
}

size_t count(const std::string& name, const TaskOptions& options) {
  auto task = load_task(name, options);
  INFO((task ? "" : task.error().message));
  CHECK(task);
  return task ? task->questions.size() : 0;
}

size_t count_file(const std::string& task, const std::string& file) {
  TaskOptions options;
  options.data.files[task] = file;
  return count(task, options);
}

// A completion that gives the question's own target in the form that its prompt asked for.
Completion gold_completion(const Question& question) {
  Completion completion;
  completion.finish_reason = FinishReason::stop;
  switch (question.form) {
  case AnswerForm::letter: completion.answer_text = "ANSWER: " + question.target; break;
  case AnswerForm::answer_tag: completion.answer_text = "<answer>" + question.target + "</answer>"; break;
  default: completion.answer_text = "\\boxed{" + question.target + "}";
  }
  completion.text = completion.answer_text;
  return completion;
}

} // namespace

TEST_CASE("every upstream form of the maths benchmarks loads") {
  std::string dir = data_dir();
  if (dir.empty()) return;
  for (const char* form : {"aime24_nemo.jsonl", "aime24_qwen.jsonl", "aime24_qwq.jsonl", "aime24_rllm.json"})
    CHECK(count_file("aime24", dir + "/math/" + form) == 30);
  for (const char* form : {"aime25_nemo.jsonl", "aime25_qwq.jsonl"})
    CHECK(count_file("aime25", dir + "/math/" + form) == 30);
  CHECK(count_file("aime24", dir + "/math/aime_2024_I_matharena.jsonl") == 15);
  CHECK(count_file("aime25", dir + "/math/aime_2025_II_matharena.jsonl") == 15);
  CHECK(count_file("amc23", dir + "/math/amc23.jsonl") == 40);
  CHECK(count_file("gsm8k", dir + "/math/gsm8k_test.jsonl") == 1319);
  CHECK(count_file("math500", dir + "/math/math500.jsonl") == 500);
  CHECK(count_file("hendrycks_math", dir + "/math/math_test_5000.jsonl") == 5000);
  CHECK(count_file("minerva_math", dir + "/math/minerva_math.jsonl") == 272);
  CHECK(count_file("olympiadbench", dir + "/math/olympiadbench_oe_to_maths_en.jsonl") == 675);
  CHECK(count_file("olymmath/hard", dir + "/math/olymmath_en_hard.jsonl") == 100);
}

TEST_CASE("every task with data is found below one folder") {
  std::string dir = data_dir();
  if (dir.empty()) return;
  TaskOptions options;
  options.data.dir = dir;
  CHECK(count("aime24", options) == 30);
  CHECK(count("aime25", options) == 30);
  CHECK(count("knights_knaves", options) == 300);
  CHECK(count("knights_knaves/5", options) == 100);
  size_t bbh = 0;
  auto subsets = resolve_task("bbh");
  REQUIRE(subsets);
  for (const std::string& name : *subsets) bbh += count(name, options);
  CHECK(bbh == 6511);
}

TEST_CASE("every gold answer is correct to its own task's grader") {
  std::string dir = data_dir();
  if (dir.empty()) return;
  TaskOptions options;
  options.data.dir = dir;
  for (const TaskInfo& info : task_catalog()) {
    if (info.files.empty() || info.runs_code || !task_data_available(info.name, options)) continue; // code: tests/cli/code_test.py
    auto task = load_task(info.name, options);
    REQUIRE(task);
    for (const Question& question : task->questions) {
      Grade grade = task->graders[0]->grade(question, gold_completion(question));
      CAPTURE(info.name);
      CAPTURE(question.doc_id);
      CAPTURE(question.target);
      CAPTURE(grade.explanation);
      CHECK(grade.verdict == Verdict::correct);
    }
  }
}
