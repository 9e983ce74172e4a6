// SPDX-License-Identifier: MIT
#pragma once

// The options that several commands share: how they are spelled, what they mean, what is wrong with them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graders/code/code_graders.h"
#include "harness/cmd_cost.h"
#include "harness/cmd_line.h"
#include "harness/cmd_math_policies.h"
#include "harness/cmd_sandbox_options.h"
#include "harness/plan.h"
#include "harness/sampling.h"
#include "tasks/catalog.h"

namespace proctor {

struct TaskSpec {
  std::string name;         // canonical
  std::optional<int> count; // samples per question, from NAME:N
};

// --data, --gen-seed and its kin, --limit, --samples, --system: which questions and how they are put.
struct QuestionArgs {
  std::vector<std::string> data; // DIR or TASK=FILE
  uint64_t gen_seed = 0;
  int gen_twins = 0;
  bool gen_noop = false;
  std::string limit; // N or a fraction
  std::string samples;
  std::string system;
  std::string preset, reference; // of reports/published.h
  int shots = 0;

  // Of the tasks that run code. Not yet started; call start_sandbox before what needs threads or much memory.
  std::shared_ptr<CodeSandbox> sandbox = make_code_sandbox();
  SandboxArgs confinement;

  void add_data_to(CommandLine& command);
  void add_to(CommandLine& command);

  // --preset, which `preset_help` says the meaning of, and --reference.
  void add_published_to(CommandLine& command, std::string_view preset_help);

  // On failure: a usage error that lists the presets, or the nearest published models.
  Status check_published() const;

  // When one of these tasks runs code. On failure an infrastructure error: nothing is run unconfined.
  Status start_sandbox(const std::vector<TaskSpec>& specs) const;

  // --samples with task names must name the asked tasks, every one of them. On failure: a usage error.
  Status check_samples(const std::vector<TaskSpec>& specs) const;

  // The options for one task (--samples may name tasks). On failure: a usage error.
  Result<TaskOptions> task_options(const std::string& task) const;
};

// --temperature and its kin, --gen_kwargs.
struct SamplingArgs {
  std::optional<double> temperature, top_p, min_p;
  std::optional<int> top_k, max_tokens;
  std::vector<std::string> stop;
  std::string gen_kwargs;

  void add_to(CommandLine& command);

  // `base` (a task file's, or the defaults), then the preset, then --gen_kwargs, then the single options. On failure: a
  // usage error.
  Result<Sampling> sampling(const std::string& preset, const Sampling& base = {}) const;
};

// -o, --json, --no-progress, -v, --k.
struct OutputArgs {
  std::string root = "runs";
  bool json = false;
  bool no_progress = false;
  bool quiet = false; // nothing on stdout; no option sets it
  bool verbose = false;
  std::string k;

  void add_to(CommandLine& command);
  Result<std::vector<int>> extra_k() const;
};

// What run and grade decide alike.
struct EvaluateArgs {
  double max_error_rate = 0.02;
  std::optional<double> max_truncated;
  bool fresh = false;
  bool dry_run = false;
  MathPolicyArgs math;
  PriceArgs prices;

  void add_to(CommandLine& command);
};

// "aime24:64,gen" and further words -> tasks in order, each once. On failure: a usage error.
Result<std::vector<TaskSpec>> parse_task_specs(const std::vector<std::string>& words);

// "a=1,b=2" -> pairs. On failure: a usage error naming `option`.
Result<std::map<std::string, std::string>> parse_pairs(const std::string& text, std::string_view option);

// "2/8" or "auto" (Slurm's or the scheduler's variables), empty: the whole. On failure: a usage error.
Result<Shard> parse_shard(const std::string& text);

// --reference, a model of reports/published.h. On failure of the check: a usage error that lists the nearest ones.
void add_reference(CommandLine& command, std::string& reference);
Status check_reference(const std::string& reference);

// A sentence that no published numbers are known for this model, where the preset has some; empty otherwise.
std::string published_note(const std::string& preset, const std::string& reference, const std::string& model);

// Samples per question that a preset asks of a task; nullopt without a preset.
std::optional<int> preset_samples(const std::string& preset, const std::string& task);

// "r1, r1-zero or greedy", for help texts.
std::string preset_names();

} // namespace proctor
