// SPDX-License-Identifier: MIT
// Real benchmark files, where PROCTOR_TEST_DATA names a folder that holds them. Nothing of theirs is in this tree.

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>

#include "tasks/catalog.h"
#include "tasks/data_check.h"

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

} // namespace

TEST_CASE("every benchmark file loads under each task that knows its name") {
  std::string dir = data_dir();
  if (dir.empty()) return;
  const std::vector<TaskInfo> catalog = task_catalog();
  size_t n_files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(dir)) {
    if (!file.is_regular_file()) continue;
    ++n_files;
    CAPTURE(file.path().string());
    bool known = false;
    for (const TaskInfo& info : catalog) {
      if (std::find(info.files.begin(), info.files.end(), file.path().filename()) == info.files.end()) continue;
      known = true;
      CAPTURE(info.name);
      CHECK(count_file(info.name, file.path().string()) > 0);
    }
    CHECK(known);
  }
  CHECK(n_files > 0);
}

TEST_CASE("every reference answer of every file passes its task's own grader") {
  std::string dir = data_dir();
  if (dir.empty()) return;
  size_t n_golds = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(dir))
    for (const TaskInfo& info : task_catalog()) {
      if (std::ranges::find(info.files, file.path().filename().string()) == info.files.end() || info.runs_code) continue; // programs: cli/code_test.py
      TaskOptions options;
      options.data.files[info.name] = file.path().string();
      auto task = load_task(info.name, options);
      REQUIRE(task);
      const GoldCheck check = check_golds(*task);
      for (const GoldFlaw& flaw : check.flaws) FAIL_CHECK(file.path().string() << " " << info.name << " " << flaw.doc_id << ": " << flaw.target << " is " << flaw.verdict << ": " << flaw.explanation);
      CHECK(check.n_checked == task->questions.size());
      n_golds += check.n_checked;
    }
  CHECK(n_golds > 20000);
}

TEST_CASE("every upstream form of a benchmark gives the same number of questions") {
  std::string dir = data_dir();
  if (dir.empty()) return;
  for (const char* form : {"aime24_nemo.jsonl", "aime24_qwen.jsonl", "aime24_qwq.jsonl", "aime24_rllm.json",
                           "aime_2022_2024_aimo_validation.jsonl", "comp_math_24_25_nemo.jsonl"})
    CHECK(count_file("aime24", dir + "/math/" + form) == 30);
  for (const char* form : {"aime25_nemo.jsonl", "aime25_qwq.jsonl", "comp_math_24_25_nemo.jsonl"})
    CHECK(count_file("aime25", dir + "/math/" + form) == 30);
  for (const char* form : {"amc23.jsonl", "amc_2022_2023_rllm.json"}) {
    CAPTURE(form);
    CHECK(count_file("amc23", dir + "/math/" + form) == 40);
  }
  for (const char* form : {"math_test_5000.jsonl", "mario_math_testset_annotation.json"})
    CHECK(count_file("hendrycks_math", dir + "/math/" + form) == 5000);
  CHECK(count_file("aime24", dir + "/math/aime_2024_I_matharena.jsonl") == 15);
  CHECK(count_file("aime25", dir + "/math/aime_2025_II_matharena.jsonl") == 15);
  CHECK(count_file("leetcode", dir + "/code/leetcode_20240121_jul_deepseek.jsonl") == 180);
  CHECK(count_file("leetcode", dir + "/code/leetcode_rllm_test.json") == 200);
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
