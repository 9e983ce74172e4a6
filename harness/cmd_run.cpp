// SPDX-License-Identifier: MIT
// proctor run: generate, grade, report; proctor estimate: the same for a few questions, to say what all would take.
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_baseline.h"
#include "harness/cmd_estimate.h"
#include "harness/cmd_evaluate.h"
#include "harness/cmd_gate.h"
#include "harness/cmd_models.h"
#include "harness/cmd_options.h"
#include "harness/cmd_recorded.h"
#include "harness/cmd_run_json.h"
#include "harness/random.h"
#include "harness/run_dir.h"
#include "harness/say.h"
#include "reports/adaptive.h"
#include "reports/sequential.h"
#include "tasks/data_check.h"
#include "tasks/task_file.h"

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
  GateArgs gate;
  LimitArgs limits;
  AdaptiveArgs adaptive;
  bool log_samples = false, confirm_run_unsafe_code = false;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  proctor run -t gen/1 -m demo -n 16\n"
    "  proctor run -t gen/knights/1:64 -m demo --limit 20 --k 5,10\n"
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
  args.questions.add_published_to(command, "A published protocol");
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
  command.option("--baseline", args.gate.baseline, "Judge the run against this baseline, or another run, and stop when that is decided").value_name("FILE");
  args.gate.add_rules_to(command);
  args.gate.add_outputs_to(command);
  args.limits.add_to(command);
  args.adaptive.add_to(command);
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
  for (std::string& note : data_notes(spec.name, *options)) notes.push_back(std::move(note));
  TaskSpec counted = spec;
  if (!counted.count) counted.count = args.n;
  if (model.recorded) return load_recorded_task(counted, *options, *model.recorded, notes);
  auto definition = task_definition(spec.name);
  if (!definition) return definition.error();

  auto task = load_task(spec.name, *options);
  if (!task) return task.error();
  if (task->questions.empty())
    return usage_error(fmt::format(
        "task {} has no questions of its own: it grades recorded completions (proctor grade)", spec.name));
  if (!counted.count) counted.count = preset_samples(args.questions.preset, spec.name);
  LoadedTask loaded;
  loaded.definition = std::move(*definition);
  loaded.samples.assign(task->questions.size(), counted.count.value_or(task->default_samples));
  loaded.task = std::move(*task);
  return loaded;
}

// What the task files among the tasks ask for; a run has one sampling.
Result<Sampling> task_file_sampling(const std::vector<TaskSpec>& specs) {
  std::optional<Sampling> asked;
  for (const TaskSpec& spec : specs) {
    Sampling sampling;
    if (is_task_file(spec.name)) {
      auto file = read_task_file(spec.name);
      if (!file) return file.error();
      apply_sampling(file->sampling, sampling);
    }
    if (asked && *asked != sampling)
      return usage_error(fmt::format("{}: its \"sampling\" is not that of the tasks before it; run them one by one", spec.name));
    asked = sampling;
  }
  return asked.value_or(Sampling());
}

// --- the gate of a run

// What is known of the gate before anything is spent; empty where none is asked for.
struct GatePlan {
  std::vector<Gate> gates;
  std::optional<Summary> baseline;
};

Result<GatePlan> plan_gate(const RunArgs& args, Shard shard) {
  GatePlan plan;
  if (!args.gate.asked()) return plan;
  if (shard.count > 1)
    return usage_error("a shard is no whole run to judge; run proctor gate when all shards are done");
  auto rules = gate_rules(args.gate);
  if (!rules) return rules.error();
  plan.gates = std::move(rules->gates);
  if (rules->baseline.empty()) return plan;
  auto baseline = read_run_or_baseline(rules->baseline);
  if (!baseline) return baseline.error();
  plan.baseline = std::move(*baseline);
  return plan;
}

// The run as far as it is known before anything is asked.
Summary planned_summary(const EvaluateRequest& request, const Description& model) {
  Summary summary;
  summary.model_details = model.details;
  summary.options["sampling"] = to_json(request.sampling);
  for (const LoadedTask& loaded : request.tasks) {
    TaskSummary& task = summary.tasks.emplace_back();
    task.name = loaded.task.name;
    for (const auto& grader : loaded.task.graders) {
      SlotSummary& slot = task.slots.emplace_back();
      slot.slot = grader->slot();
      slot.grader = grader->fingerprint();
      for (const Question& question : loaded.task.questions) {
        QuestionRow& row = slot.questions.emplace_back();
        row.doc_id = question.doc_id;
        row.prompt = ShortHash::of_hex(prompt_hash(question));
        row.target = reference_hash(question.target);
      }
    }
  }
  return summary;
}

// A run that could never be compared with the baseline is not begun. One that is there already was checked when it was,
// and may hold more than is asked for now.
Status check_comparable(const RunArgs& args, const GatePlan& plan, const EvaluateRequest& request) {
  const Description model = request.backend->describe();
  const bool is_new = args.evaluate.fresh || find_run_dir(request.output.root, run_identity(request, model)).empty();
  if (!plan.baseline || !is_new) return {};
  const GateReport report = evaluate_gates({planned_summary(request, model), &*plan.baseline, plan.gates, 0, args.gate.allow_mismatch, 0});
  for (const GateResult& result : report.gates)
    if (result.verdict == GateVerdict::incomparable) return usage_error(fmt::format("{}: {}", result.task, result.why));
  return {};
}

// Sequential tests want the questions in a random order: that of the run's seed.
std::unique_ptr<SequentialGates> watch_gate(const GatePlan& plan, EvaluateRequest& request) {
  if (!plan.baseline) return nullptr;
  if (request.adaptive) {
    say("note: with --adaptive a gate is judged at the end only, for questions have unequal numbers of samples");
    return nullptr;
  }
  SplitMix64 random(request.seed);
  std::vector<PlannedTask> planned;
  for (LoadedTask& loaded : request.tasks) {
    for (size_t q = 0; q < loaded.samples.size(); ++q) loaded.order.push_back(q);
    random.shuffle(loaded.order);
    planned.push_back({&loaded.task, loaded.samples, loaded.indices, loaded.order});
  }
  auto gates = SequentialGates::make(plan.gates, *plan.baseline, planned);
  request.stopper = gates.get();
  return gates;
}

std::unique_ptr<VoteStopper> watch_votes(EvaluateRequest& request) {
  if (!request.adaptive) return nullptr;
  std::vector<PlannedTask> planned;
  for (const LoadedTask& loaded : request.tasks) planned.push_back({&loaded.task, loaded.samples, {}});
  auto votes = std::make_unique<VoteStopper>(*request.adaptive, planned);
  request.stopper = votes.get();
  return votes;
}

// Samples that are recorded must be as those of a model would be.
Status check_adaptive(const LoadedTask& loaded) {
  const bool equal = std::ranges::all_of(loaded.samples, [&](int n) { return n == loaded.samples.front(); });
  if (equal && loaded.indices.empty()) return {};
  return usage_error(fmt::format("{}: --adaptive wants the same number of samples of every question, numbered 0, 1, 2, ...; the recorded ones are not so",
                                 loaded.task.name));
}

// The verdict after the report; with --json the report alone is on stdout.
Result<ExitCode> tell_verdict(const RunArgs& args, const Evaluated& evaluated, const SequentialGates* watched) {
  auto judged = judge_run(evaluated.run_dir, args.gate, watched == nullptr ? std::vector<SequentialLook>() : watched->looks());
  if (!judged) return judged.error();
  fmt::print(args.output.json ? stderr : stdout, "{}", judged->text);
  if (Status told = tell(*judged, args.gate); !told) return told.error();
  return strongest({evaluated.code, judged->code});
}

// What the options ask for, loaded and ready to go.
struct Prepared {
  Model model;
  EvaluateRequest request; // borrows the model
  GatePlan gate;
};

Result<Prepared> prepare(const RunArgs& args, const CommandLine& command) {
  if (Status known = args.questions.check_published(); !known) return known.error();
  auto specs = parse_task_specs(args.tasks);
  if (!specs) return specs.error();
  EvaluateRequest request(args.questions, args.evaluate, args.output);
  auto base = task_file_sampling(*specs);
  if (!base) return base.error();
  auto sampling = args.sampling.sampling(args.questions.preset, *base);
  if (!sampling) return sampling.error();
  auto shard = parse_shard(args.shard);
  if (!shard) return shard.error();
  auto extra_k = args.output.extra_k();
  if (!extra_k) return extra_k.error();
  auto adaptive = args.adaptive.rule();
  if (!adaptive) return adaptive.error();
  if (Status known = args.questions.check_samples(*specs); !known) return known.error();
  if (Status ready = args.questions.start_sandbox(*specs); !ready) return ready.error();
  if (shard->count > 1 && args.evaluate.fresh)
    return usage_error("--fresh would give every shard a directory of its own; start the run without it, or use another -o");
  auto gate = plan_gate(args, *shard);
  if (!gate) return gate.error();
  auto model = make_model(args.model);
  if (!model) return model.error();
  std::vector<std::string> notes;
  if (model->recorded) notes = model->recorded->notes();
  for (const TaskSpec& spec : *specs) {
    auto loaded = load_planned(args, spec, *model, notes);
    if (!loaded) return loaded.error();
    if (args.output.verbose)
      say(fmt::format("{}: {} questions from {}", spec.name, loaded->task.questions.size(), loaded->task.source));
    if (std::ranges::any_of(request.tasks, [&](const LoadedTask& other) { return other.task.name == loaded->task.name; }))
      return usage_error(fmt::format("{}: the name {} is that of another task of this run", spec.name, loaded->task.name));
    if (*adaptive)
      if (Status fit = check_adaptive(*loaded); !fit) return fit.error();
    request.tasks.push_back(std::move(*loaded));
  }
  for (const std::string& note : notes) say("note: " + note);
  request.backend = model->backend.get();
  request.sampling = *sampling;
  request.seed = args.seed;
  request.shard = *shard;
  request.asked = command.values();
  request.limits = args.limits;
  request.adaptive = *adaptive;
  return Prepared{std::move(*model), std::move(request), std::move(*gate)};
}

Result<ExitCode> run_command(const RunArgs& args, const CommandLine& command) {
  auto prepared = prepare(args, command);
  if (!prepared) return prepared.error();
  if (Status same = check_comparable(args, prepared->gate, prepared->request); !same) return same.error();
  const auto watched = watch_gate(prepared->gate, prepared->request);
  const auto votes = watch_votes(prepared->request);
  auto evaluated = evaluate(prepared->request);
  if (!evaluated) return evaluated.error();
  const bool interrupted = evaluated->code == ExitCode::interrupted || evaluated->code == ExitCode::terminated;
  if (prepared->gate.gates.empty() || evaluated->run_dir.empty() || interrupted) return evaluated->code;
  return tell_verdict(args, *evaluated, watched.get());
}

Result<ExitCode> estimate_command(const RunArgs& args, int n_pilot, const CommandLine& command) {
  auto prepared = prepare(args, command);
  if (!prepared) return prepared.error();
  prepared->request.adaptive.reset(); // a pilot is small, and the plan is what may be spent at most
  prepared->request.pilot = true;
  return estimate(prepared->request, n_pilot);
}

} // namespace

CommandBody add_run_command(CommandLine& command) {
  auto args = std::make_shared<RunArgs>();
  add_options(command, *args);
  return [args, &command] { return run_command(*args, command); };
}

CommandBody add_estimate_command(CommandLine& command) {
  auto args = std::make_shared<RunArgs>();
  auto n_pilot = std::make_shared<int>(8);
  add_options(command, *args);
  command.option("--pilot", *n_pilot, "Questions per task to ask for the estimate, twice each; their answers are kept for the run").value_name("N").positive().show_default();
  command.examples("Examples:\n  proctor estimate -t aime24:64 -m DeepSeek-R1@http://localhost:8000/v1 --prices builtin\n"
                   "  proctor estimate -t gen/1 -m demo -n 16 --core-hour-usd 0.05\n"
                   "Takes the options of run. A run that is there already is the pilot, and nothing is generated.");
  return [args, n_pilot, &command] { return estimate_command(*args, *n_pilot, command); };
}

} // namespace proctor
