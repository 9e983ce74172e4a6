// SPDX-License-Identifier: MIT
#pragma once

// What `run` and `grade` have in common: find the run directory, generate and grade what is missing, report. One path,
// so that a resumed, a recorded and a fresh run cannot differ.

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/cmd_options.h"
#include "harness/plan.h"
#include "harness/run_log.h"
#include "reports/adaptive.h"

namespace proctor {

// A task as one run uses it.
struct LoadedTask {
  Task task;
  std::vector<int> samples;              // per question
  std::vector<std::vector<int>> indices; // as PlannedTask::indices
  std::vector<size_t> order = {};        // as PlannedTask::order
  Json definition;                       // of a task file (tasks/task_file.h), else null

  int most_samples() const { return samples.empty() ? 0 : *std::ranges::max_element(samples); }
};

struct EvaluateRequest {
  EvaluateRequest(const QuestionArgs& questions, EvaluateArgs evaluate, OutputArgs out)
      : system(questions.system), gen_seed(questions.gen_seed), preset(questions.preset), reference(questions.reference), sandbox(questions.sandbox), args(std::move(evaluate)),
        output(std::move(out)) {}

  std::vector<LoadedTask> tasks;
  Backend* backend = nullptr;
  Sampling sampling;
  uint64_t seed = 0;
  std::string system;
  uint64_t gen_seed = 0;
  std::string preset, reference; // of published numbers
  std::shared_ptr<CodeSandbox> sandbox; // started where a task runs code
  Shard shard;
  Stopper* stopper = nullptr; // ends the run, or parts of it, early
  std::optional<AdaptiveRule> adaptive; // of the stopper, where it is one of votes
  bool pilot = false; // asks only for what tells of the rest: nothing is concluded from its answers alone
  std::vector<OptionValue> asked; // the command's options, for run.json
  EvaluateArgs args; // thresholds, --fresh, --dry-run
  OutputArgs output;
  LimitArgs limits; // of this session
  std::function<Status(const std::string& run_dir)> on_graded; // may look at the tasks before they go; not after a signal
};

struct Evaluated {
  std::string run_dir; // empty after a dry run
  ExitCode code = ExitCode::ok;
};

// Prints the table, or results.json with --json, on stdout. Lets go of the tasks before it reports. On failure:
// everything finished so far is on disk and the same call resumes.
Result<Evaluated> evaluate(EvaluateRequest& request);

// Grades every sample of an existing run again; the old grades stay as grades.<k>.jsonl, and stay in force until all
// is graded.
Result<Evaluated> regrade(const std::string& run_dir, const QuestionArgs& questions, const EvaluateArgs& args, const OutputArgs& output);

} // namespace proctor
