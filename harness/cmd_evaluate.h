// SPDX-License-Identifier: MIT
#pragma once

// What `run` and `grade` have in common: find the run directory, generate and grade what is missing, report. One path,
// so that a resumed, a recorded and a fresh run cannot differ.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/cmd_options.h"
#include "harness/plan.h"
#include "harness/run_log.h"

namespace proctor {

// A task as one run uses it.
struct LoadedTask {
  Task task;
  std::vector<int> samples;              // per question
  std::vector<std::vector<int>> indices; // as PlannedTask::indices
  size_t available_questions = 0;        // before --limit and before asking what a recorded file holds

  int most_samples() const { return samples.empty() ? 0 : *std::ranges::max_element(samples); }
};

struct EvaluateRequest {
  EvaluateRequest(const QuestionArgs& questions, EvaluateArgs evaluate, OutputArgs out)
      : system(questions.system), gen_seed(questions.gen_seed), preset(questions.preset), args(std::move(evaluate)),
        output(std::move(out)) {}

  std::vector<LoadedTask> tasks;
  Backend* backend = nullptr;
  Sampling sampling;
  uint64_t seed = 0;
  std::string system;
  uint64_t gen_seed = 0;
  std::string preset;
  Shard shard;
  EvaluateArgs args; // thresholds, --fresh, --dry-run
  OutputArgs output;
};

struct Evaluated {
  std::string run_dir; // empty after a dry run
  ExitCode code = ExitCode::ok;
};

// Prints the table, or results.json with --json, on stdout. On failure: everything finished so far is on disk and the
// same call resumes.
Result<Evaluated> evaluate(EvaluateRequest& request);

// Grades every sample of an existing run again; the old grades stay as grades.<k>.jsonl, and stay in force until all
// is graded.
Result<Evaluated> regrade(const std::string& run_dir, const EvaluateArgs& args, const OutputArgs& output);

} // namespace proctor
