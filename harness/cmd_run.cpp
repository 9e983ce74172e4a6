// SPDX-License-Identifier: MIT
// proctor run: generate, grade, report.
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_evaluate.h"
#include "harness/cmd_models.h"
#include "harness/cmd_options.h"
#include "harness/cmd_recorded.h"
#include "harness/say.h"

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
  EvaluateArgs evaluate;
  bool log_samples = false, confirm_run_unsafe_code = false;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  proctor run -t gen -m scripted -n 16\n"
    "  proctor run -t gen/order/2:64 -m scripted --limit 20 --k 5,10\n"
    "  proctor run -t aime24 -m recorded:outputs.jsonl --data benchmarks/\n"
    "  proctor run -t aime24:64 -m DeepSeek-R1@http://localhost:8000/v1 --data benchmarks/\n"
    "Running the same command again resumes; a larger -n generates only what is missing.";

void add_options(CommandLine& command, RunArgs& args) {
  command.option("-t,--tasks", args.tasks,
                  "Tasks, groups or gen/FAMILY[/LEVEL]; NAME:N asks for N samples per question").value_name("TASK[:N],...").required();
  command.option("-m,--model", args.model.model, "The model (proctor ls models)").value_name("MODEL").required();
  command.option("--model_args,--model-args", args.model.model_args, "Options of the model: key=value,...").value_name("K=V,...");
  command.option("--map", args.model.map,
                  "Keys of a recorded file: completion=a.b,target=gold,doc_id=item,sample_idx=s").value_name("K=PATH,...");
  command.option("-n,--n,--epochs,--repeats", args.n, "Samples per question (not questions: those are --limit)").value_name("N").positive();
  command.option("--preset", args.questions.preset, "A published protocol: r1, r1-zero or greedy").value_name("NAME");
  args.questions.add_to(command);
  args.sampling.add_to(command);
  command.option("--seed", args.seed, "Seed of the run; each sample's own is derived from it").value_name("S").show_default();
  args.output.add_to(command);
  command.option("--max-connections,-j,--num_concurrent", args.model.max_connections, "Samples in flight at once").value_name("N").positive();
  args.model.add_device_to(command);
  command.option("--api-key-env", args.model.api_key_env, "The variable that holds the endpoint's key (default OPENAI_API_KEY)").value_name("VAR");
  command.option("--reasoning-effort", args.model.reasoning_effort, "How hard the model is to think, in the endpoint's words: low, medium, high").value_name("EFFORT");
  command.option("--extra-body", args.model.extra_body, "Fields to merge into every request to the endpoint").value_name("JSON");
  command.option("--retry-for", args.model.retry_for,
                  "How long an endpoint may stay without an answer (default 20 at the start, 300 later)").value_name("SECONDS");
  args.evaluate.add_to(command);
  command.option("--shard", args.shard,
                  "Do only part I of N of the questions, in the same run directory; auto: by Slurm's variables").value_name("I/N|auto");
  command.flag("--log_samples", args.log_samples,
                   "Accepted for lm-evaluation-harness users: samples are always logged");
  command.flag("--confirm_run_unsafe_code", args.confirm_run_unsafe_code,
                   "Accepted for lm-evaluation-harness users: not needed, code is never run unconfined");
  command.examples(kExamples);
}

Result<LoadedTask> load_planned(const RunArgs& args, const TaskSpec& spec, const Model& model,
                                std::vector<std::string>& notes) {
  auto options = args.questions.task_options(spec.name);
  if (!options) return options.error();
  auto policies = args.evaluate.math.read();
  if (!policies) return policies.error();
  options->graders.math = *policies;
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
  EvaluateRequest request(args.questions, args.evaluate, args.output);
  auto sampling = args.sampling.sampling(args.questions.preset);
  if (!sampling) return sampling.error();
  auto shard = parse_shard(args.shard);
  if (!shard) return shard.error();
  auto extra_k = args.output.extra_k();
  if (!extra_k) return extra_k.error();
  if (Status known = args.questions.check_samples(*specs); !known) return known.error();
  if (Status ready = args.questions.start_sandbox(*specs); !ready) return ready.error();
  if (shard->count > 1 && args.evaluate.fresh)
    return usage_error("--fresh would give every shard a directory of its own; start the run without it, or use another -o");
  auto model = make_model(args.model);
  if (!model) return model.error();
  std::vector<std::string> notes;
  if (model->recorded) notes = model->recorded->notes();
  for (const TaskSpec& spec : *specs) {
    auto loaded = load_planned(args, spec, *model, notes);
    if (!loaded) return loaded.error();
    if (args.output.verbose)
      say(fmt::format("{}: {} questions from {}", spec.name, loaded->task.questions.size(), loaded->task.source));
    request.tasks.push_back(std::move(*loaded));
  }
  for (const std::string& note : notes) say("note: " + note);
  request.backend = model->backend.get();
  request.sampling = *sampling;
  request.seed = args.seed;
  request.shard = *shard;
  auto evaluated = evaluate(request);
  if (!evaluated) return evaluated.error();
  return evaluated->code;
}

} // namespace

CommandBody add_run_command(CommandLine& command) {
  auto args = std::make_shared<RunArgs>();
  add_options(command, *args);
  return [args] { return run_command(*args); };
}

} // namespace proctor
