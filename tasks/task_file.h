// SPDX-License-Identifier: MIT
#pragma once

// A task that a user describes in a JSON file, without recompiling: data, a Jinja prompt over the row's fields, a grader
// by name or by command, sampling, few-shot. docs/tasks.md is the reference. What is wrong with a file is said with
// FILE:LINE where it is no JSON, else with FILE and the JSON pointer of the place.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graders/graders.h"
#include "harness/json.h"
#include "harness/sampling.h"
#include "harness/task.h"

namespace proctor {

struct TaskOptions; // catalog.h

// Rows of a data file whose `field` is `value`.
struct RowSplit {
  std::string field, value; // empty field: all rows
};

// Worked examples in front of every question.
struct TaskFileShots {
  std::string data; // empty: none
  RowSplit split;
  std::string answer; // Jinja: the assistant's turn
  int count = 0;
};

// Which rows are its questions, and the names of a row's fields that are no part of the prompt; empty: none.
struct TaskFileRows {
  std::vector<std::string> data; // files
  RowSplit split;
  std::string id, level, options;
};

struct TaskFilePrompt {
  std::string text, target; // Jinja over a row
  std::string system;
  AnswerForm form = AnswerForm::any; // what the prompt asks for, in its own words
};

struct TaskFile {
  std::string path, name, version = "1", summary;
  std::string hash; // 32 hex digits of the file's bytes
  TaskFileRows rows;
  TaskFilePrompt prompt;
  TaskFileShots shots;
  Json grader;                    // with the contents of a command's files
  Json sampling = Json::object(); // only what the file names
  int samples = 1;
};

// Whether a name on the command line means a task file: it ends in ".json".
bool is_task_file(std::string_view name);

// Puts what a task file's "sampling" names over `sampling`.
void apply_sampling(const Json& named, Sampling& sampling);

// Relative paths in it are relative to its folder. On failure: a usage error.
Result<TaskFile> read_task_file(const std::string& path);

// The task's questions and graders; options as for any other task. On failure: a usage error.
Result<Task> load_task_file(const TaskFile& file, const TaskOptions& options);

// What a run keeps of a task, so that it can be graded again without the file: {"path", "hash", "grader"}, files of a
// command included. Null for a task of the catalog. On failure: a usage error.
Result<Json> task_definition(const std::string& name);

// The graders of such a definition. On failure: a usage error.
Result<Graders> graders_of_definition(const Json& definition, const GraderOptions& options);

// Whether they run a command, for which a sandbox is needed.
bool definition_runs_code(const Json& definition);

} // namespace proctor
