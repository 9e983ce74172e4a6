// SPDX-License-Identifier: MIT
#pragma once

// The one table of all tasks, and how a name on the command line becomes loaded tasks. Adding a task is one line in
// catalog.cpp. Nothing registers itself.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graders/graders.h"
#include "harness/task.h"

namespace proctor {

struct TaskInfo {
  std::string name;
  std::string kind;    // "maths", "logic", "choice", "code", "generic"
  std::string summary; // one line
  std::vector<std::string> aliases;
  std::vector<std::string> files; // upstream file names searched for under --data; empty: needs no data
  std::string source;             // where the data and the prompt come from
  std::string grader;             // names of graders.h, comma-separated
  bool generic = false;           // questions come from the recorded completions
  bool runs_code = false;         // grading needs the sandbox
};

// Where data is looked for. Without a file for a task, `dir` (then PROCTOR_DATA) is searched recursively for the
// task's file names.
struct DataOptions {
  std::string dir;
  std::map<std::string, std::string> files; // task name -> file
};

enum class PromptStyle { standard, r1_zero }; // r1_zero: the DeepSeek-R1-Zero template (report, table 1)

struct TaskOptions {
  DataOptions data;
  uint64_t gen_seed = 0;            // of generated questions: their seed is 1,000,000 more (generated.h)
  int gen_twins = 0;                // with every generated question, so many of the same structure with new numbers
  bool gen_noop = false;            // with a sentence that has nothing to do with the answer
  std::optional<double> limit;      // questions per task; below 1: a fraction of them
  std::vector<std::string> doc_ids; // only these; empty: all
  PromptStyle prompt_style = PromptStyle::standard;
  GraderOptions graders;
  int shots = 0;      // worked examples before every question, from the benchmark's own file of them
  std::string system; // system text put before every prompt, empty: none (DeepSeek advises none)
};

std::vector<TaskInfo> task_catalog();

// "aime24", an alias ("AIME2024"), "bbh/navigate", "gen/arith/2", "gen", "gen/1" and "@math" -> the canonical names
// they stand for. On failure: a usage error with the nearest names.
Result<std::vector<std::string>> resolve_task(std::string_view name);

// name: canonical. A generic task comes without questions. On failure: a usage error; missing data says which file
// names were searched for and where.
Result<Task> load_task(const std::string& name, const TaskOptions& options);

// The files that load_task would read. On failure: as load_task.
Result<std::vector<std::string>> task_data_files(const std::string& name, const TaskOptions& options);

// True when load_task would find the task's data (or it needs none).
bool task_data_available(const std::string& name, const TaskOptions& options);

// Whether grading the task needs the sandbox; false for an unknown name.
bool runs_code(const std::string& name);

// The graders of a task by its canonical name, without its data: for regrading a run directory.
Result<Graders> task_graders(const std::string& name, const GraderOptions& options = {});

} // namespace proctor
