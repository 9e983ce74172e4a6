// SPDX-License-Identifier: MIT
#pragma once

// One line of the table of tasks, and the words such lines are written in. A benchmark of one's own in C++ is one
// file with a row reader and one line in maths_tasks.cpp, logic_tasks.cpp or code_tasks.cpp.

#include <functional>

#include "tasks/catalog.h"
#include "tasks/dataset.h"
#include "tasks/gen/family.h"
#include "tasks/recipes.h"

namespace proctor {

// Exactly one of read, family and info.generic says where questions come from.
struct Entry {
  TaskInfo info;
  std::string version = "1";
  DataForms forms = {};
  RowReader read = nullptr;
  const Family* family = nullptr;
  bool by_name_only = false; // in no group: large, or repeats another task's questions
  std::string level = {};    // only questions of that level; empty: all
  FileForm form = FileForm::json;
  RowFilter belongs = {};              // which rows of a larger collection are the task's; empty: all
  std::string part = {};               // what belongs keeps, in words: "AIME 2024"
  std::vector<std::string> shots = {}; // files that few-shot examples are read from; empty: a split of its data
  ShotReader read_shots = nullptr;     // nullptr: the benchmark has none
  std::string suite = {};              // "bbh": its mean over such tasks is reported, too
  bool in_r1 = false;                  // measured in the DeepSeek-R1 report and checked by rule
};

constexpr std::string_view kBoxSource = "prompt: DeepSeek-R1 model card";

TaskInfo info_of(std::string name, std::string kind, std::string grader, std::string summary);
DataForms single_files(const std::vector<std::string>& names);
Entry benchmark(TaskInfo info, std::vector<std::string> aliases, DataForms forms, RowReader read);
Entry with_source(Entry entry, std::string_view source); // the prompt is that of DeepSeek-R1's model card

// What load_task makes of a line of the table. On failure: as load_task.
Result<Task> load_entry(const Entry& entry, const TaskOptions& options);

std::vector<Entry> maths_tasks();
std::vector<Entry> logic_tasks();
std::vector<Entry> code_tasks();

} // namespace proctor
