// SPDX-License-Identifier: MIT
// proctor run: generate, grade, report.
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_evaluate.h"
#include "harness/cmd_models.h"
#include "harness/cmd_options.h"
#include "harness/cmd_recorded.h"

namespace proctor {
namespace {

struct RunArgs {
  std::vector<std::string> tasks;
  ModelArgs model;
  QuestionArgs questions;
  SamplingArgs sampling;
  OutputArgs output;
  std::optional<int> n;
  uint64_t seed = 0;
  std::string shard;
  bool fresh = false, dry_run = false;
  bool log_samples = false, confirm_run_unsafe_code = false;
  double max_error_rate = 0.02;
  std::optional<double> max_truncated;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  proctor run -t gen -m scripted -n 16\n"
    "  proctor run -t gen/order/2:64 -m scripted --limit 20 --k 5,10\n"
    "  proctor run -t aime24 -m recorded:outputs.jsonl --data benchmarks/\n"
    "Running the same command again resumes; a larger -n generates only what is missing.";

void add_options(CLI::App& command, RunArgs& args) {
  command
      .add_option("-t,--tasks", args.tasks,
                  "Tasks, groups or gen/FAMILY[/LEVEL]; NAME:N asks for N samples per question")
      ->type_name("TASK[:N],...")
      ->required();
  command.add_option("-m,--model", args.model.model, "The model (proctor ls models)")->type_name("MODEL")->required();
  command.add_option("--model_args,--model-args", args.model.model_args, "Options of the model: key=value,...")
      ->type_name("K=V,...");
  command
      .add_option("--map", args.model.map,
                  "Keys of a recorded file: completion=a.b,target=gold,doc_id=item,sample_idx=s")
      ->type_name("K=PATH,...");
  command.add_option("-n,--n,--epochs,--repeats", args.n, "Samples per question (not questions: those are --limit)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command.add_option("--preset", args.questions.preset, "A published protocol: r1, r1-zero or greedy")
      ->type_name("NAME");
  args.questions.add_to(command);
  args.sampling.add_to(command);
  command.add_option("--seed", args.seed, "Seed of the run; each sample's own is derived from it")
      ->type_name("S")
      ->capture_default_str();
  args.output.add_to(command);
  command
      .add_option("--max-connections,-j,--num_concurrent", args.model.max_connections, "Samples in flight at once")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command.add_option("--max-error-rate", args.max_error_rate, "Exit 3 when more than this share could not be graded")
      ->type_name("X")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--max-truncated", args.max_truncated,
                  "Exit 1 when more than this share of a task's answers is truncated")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--shard", args.shard,
                  "Do only part I of N of the questions, in the same run directory; auto: by Slurm's variables")
      ->type_name("I/N|auto");
  command.add_flag("--fresh,--no-cache", args.fresh, "Start a new run directory although one could be resumed");
  command.add_flag("--dry-run", args.dry_run, "Say what would be done and stop");
  command.add_flag("--log_samples", args.log_samples,
                   "Accepted for lm-evaluation-harness users: samples are always logged");
  command.add_flag("--confirm_run_unsafe_code", args.confirm_run_unsafe_code,
                   "Accepted for lm-evaluation-harness users: not needed, code is never run unconfined");
  command.footer(kExamples);
}

Result<LoadedTask> load_planned(const RunArgs& args, const TaskSpec& spec, const Model& model,
                                std::vector<std::string>& notes) {
  auto options = args.questions.task_options(spec.name);
  if (!options) return options.error();
  TaskSpec counted = spec;
  if (!counted.count) counted.count = args.n;
  if (model.recorded) return load_recorded_task(counted, *options, *model.recorded, notes);

  auto task = load_task(spec.name, *options);
  if (!task) return task.error();
  if (task->questions.empty())
    return usage_error(fmt::format(
        "task {} has no questions of its own: it grades recorded completions (proctor grade)", spec.name));
  if (!counted.count) counted.count = preset_samples(args.questions.preset, spec.name);
  LoadedTask loaded;
  loaded.available_questions = task->questions.size();
  loaded.samples.assign(task->questions.size(), counted.count.value_or(task->default_samples));
  loaded.task = std::move(*task);
  return loaded;
}

Result<ExitCode> run_command(const RunArgs& args) {
  if (Status known = check_preset(args.questions.preset); !known) return known.error();
  auto specs = parse_task_specs(args.tasks);
  if (!specs) return specs.error();
  EvaluateRequest request;
  auto sampling = args.sampling.sampling(args.questions.preset);
  if (!sampling) return sampling.error();
  auto shard = parse_shard(args.shard);
  if (!shard) return shard.error();
  auto extra_k = args.output.extra_k();
  if (!extra_k) return extra_k.error();
  auto model = make_model(args.model);
  if (!model) return model.error();
  std::vector<std::string> notes;
  if (model->recorded) notes = model->recorded->notes();
  for (const TaskSpec& spec : *specs) {
    auto loaded = load_planned(args, spec, *model, notes);
    if (!loaded) return loaded.error();
    if (args.output.verbose)
      fmt::print(stderr, "{}: {} questions from {}\n", spec.name, loaded->task.questions.size(), loaded->task.source);
    request.tasks.push_back(std::move(*loaded));
  }
  for (const std::string& note : notes) fmt::print(stderr, "note: {}\n", note);
  request.backend = model->backend.get();
  request.sampling = *sampling;
  request.seed = args.seed;
  request.system = args.questions.system;
  request.gen_seed = args.questions.gen_seed;
  request.shard = *shard;
  request.fresh = args.fresh;
  request.dry_run = args.dry_run;
  request.max_error_rate = args.max_error_rate;
  request.max_truncated = args.max_truncated;
  request.output = args.output;
  auto evaluated = evaluate(request);
  if (!evaluated) return evaluated.error();
  return evaluated->code;
}

} // namespace

CommandBody add_run_command(CLI::App& command) {
  auto args = std::make_shared<RunArgs>();
  add_options(command, *args);
  return [args] { return run_command(*args); };
}

} // namespace proctor
