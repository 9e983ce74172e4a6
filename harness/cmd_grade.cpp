// SPDX-License-Identifier: MIT
// proctor grade: grade recorded outputs, or an old run again; never generates.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_audit.h"
#include "harness/cmd_evaluate.h"
#include "harness/cmd_models.h"
#include "harness/cmd_options.h"
#include "harness/cmd_recorded.h"
#include "harness/run_dir.h"
#include "harness/run_reader.h"
#include "harness/say.h"
#include "tasks/data_check.h"

namespace proctor {
namespace {

struct GradeArgs {
  std::string run;
  std::vector<std::string> tasks;
  std::string completions;
  std::optional<int> n;
  ModelArgs model;
  QuestionArgs questions;
  EvaluateArgs evaluate;
  OutputArgs output;
  bool audit = false;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  proctor grade --task aime --completions outputs.jsonl --map completion=response,target=gold\n"
    "  proctor grade --task gsm8k --completions samples.jsonl.gz --data benchmarks/\n"
    "  proctor grade --task aime --completions outputs.jsonl --map target=gold --expect label\n"
    "  proctor grade runs/latest";

void add_options(CommandLine& command, GradeArgs& args) {
  command.option("run", args.run, "A run directory to grade again, with -o a copy of it; the old grades are kept").value_name("RUN");
  command.option("-t,--task,--tasks", args.tasks, "The task that asked the questions, or a generic one: math, aime, choice, tag, exact").value_name("TASK[:N]");
  command.option("-c,--completions", args.completions, "The recorded outputs; - is standard input").value_name("FILE");
  command.option("--map", args.model.map, "Keys of the file: completion=a.b,target=gold,doc_id=item,sample_idx=s,prompt=q").value_name("K=PATH,...");
  command.option("--expect", args.model.expect, "Compare every verdict with this recorded label; exit 1 when any differs").value_name("KEY");
  command.option("-n,--n", args.n, "Only the first N samples of each question").value_name("N").positive();
  args.questions.add_published_to(command, "The protocol the outputs were made by");
  args.questions.add_to(command);
  args.output.add_to(command);
  args.evaluate.add_to(command);
  command.flag("--audit", args.audit,
               "Show every maths answer on which proctor and the rules of other graders disagree (audit.json)");
  command.examples(kExamples);
}

struct Expectation {
  size_t compared = 0, unlabelled = 0, not_graded = 0;
  std::vector<std::string> disagreements; // in order, one line each
};

std::string disagreement_line(const Grade& grade, bool label) {
  return fmt::format("{} {}/{}: {} ({}), recorded as {}", grade.key.task, grade.key.doc_id, grade.key.sample_idx,
                     to_string(grade.verdict), grade.explanation, label ? "correct" : "not correct");
}

// Labels speak about the task's first grader, and about the samples that this command asked for.
Result<Expectation> compare_labels(const std::string& run_dir, const LoadedTask& loaded, const RecordedFile& file) {
  auto reader = RunReader::open(run_dir);
  if (!reader) return reader.error();
  SampleSet wanted;
  for (size_t q = 0; q < loaded.samples.size(); ++q)
    for (int s = 0; s < loaded.samples[q]; ++s)
      wanted.add(loaded.task.name, loaded.task.questions[q].doc_id, loaded.indices.empty() ? s : loaded.indices[q][static_cast<size_t>(s)]);
  GradingTable table;
  for (const Question& question : loaded.task.questions) table.add(loaded.task, question);

  Expectation result;
  Status status = reader->grades([&](Grade&& grade, const RecordPlace&) {
    const SampleKey& key = grade.key;
    bool ours = grade.grader == loaded.task.graders.front()->slot() && table.holds(grade) &&
                wanted.contains(key.task, key.doc_id, key.sample_idx);
    if (!ours) return Status();
    auto label = file.label(key.doc_id, key.sample_idx);
    if (!label) {
      ++result.unlabelled;
    } else if (grade.verdict == Verdict::not_graded) {
      ++result.not_graded;
    } else {
      ++result.compared;
      if (*label != (grade.verdict == Verdict::correct)) result.disagreements.push_back(disagreement_line(grade, *label));
    }
    return Status();
  });
  if (!status) return status.error();
  std::sort(result.disagreements.begin(), result.disagreements.end());
  return result;
}

Result<ExitCode> say_expectation(const Expectation& result, const std::string& key) {
  for (const std::string& line : result.disagreements) say(line);
  std::string text = fmt::format("expect {}: {} verdicts compared, {} disagree", key, result.compared, result.disagreements.size());
  if (result.unlabelled > 0) text += fmt::format(", {} without a label", result.unlabelled);
  if (result.not_graded > 0) text += fmt::format(", {} not graded", result.not_graded);
  say(text);
  if (result.compared == 0) return usage_error(fmt::format("--expect {}: no verdict could be compared", key));
  return result.disagreements.empty() ? ExitCode::ok : ExitCode::failed;
}

Status audit(const GradeArgs& args, const Evaluated& evaluated) {
  bool stopped = evaluated.code == ExitCode::interrupted || evaluated.code == ExitCode::terminated;
  if (!args.audit || stopped || evaluated.run_dir.empty()) return {};
  return audit_run(evaluated.run_dir, args.output.json);
}

Result<ExitCode> grade_completions(const GradeArgs& args, const CommandLine& command) {
  auto specs = parse_task_specs(args.tasks);
  if (!specs) return specs.error();
  if (specs->size() != 1) return usage_error("grade takes one task at a time; name it with --task");
  if (Status known = args.questions.check_published(); !known) return known.error();
  if (Status known = args.questions.check_samples(*specs); !known) return known.error();
  if (Status ready = args.questions.start_sandbox(*specs); !ready) return ready.error();
  auto extra_k = args.output.extra_k();
  if (!extra_k) return extra_k.error();
  ModelArgs model_args = args.model;
  model_args.model = "recorded:" + args.completions;
  auto model = make_model(model_args);
  if (!model) return model.error();
  auto options = args.questions.task_options(specs->front().name);
  if (!options) return options.error();
  auto policies = args.evaluate.math.read();
  if (!policies) return policies.error();
  options->graders.math = *policies;
  TaskSpec spec = specs->front();
  if (!spec.count) spec.count = args.n;
  std::vector<std::string> notes = model->recorded->notes();
  for (std::string& note : data_notes(spec.name, *options)) notes.push_back(std::move(note));
  auto loaded = load_recorded_task(spec, *options, *model->recorded, notes);
  if (!loaded) return loaded.error();
  for (const std::string& note : notes) say("note: " + note);

  EvaluateRequest request(args.questions, args.evaluate, args.output);
  request.tasks.push_back(std::move(*loaded));
  request.backend = model->backend.get();
  request.asked = command.values();
  std::optional<Expectation> expectation;
  if (!args.model.expect.empty())
    request.on_graded = [&](const std::string& run_dir) -> Status {
      auto compared = compare_labels(run_dir, request.tasks.front(), *model->recorded);
      if (!compared) return compared.error();
      expectation = std::move(*compared);
      return {};
    };
  auto evaluated = evaluate(request);
  if (!evaluated) return evaluated.error();
  if (Status audited = audit(args, *evaluated); !audited) return audited.error();
  if (!expectation) return evaluated->code;
  auto expected = say_expectation(*expectation, args.model.expect);
  if (!expected) return expected.error();
  return strongest({evaluated->code, *expected});
}

// What says which samples to grade has no place beside a run directory, which holds its own.
bool names_samples(const GradeArgs& args) {
  const QuestionArgs& questions = args.questions;
  return !args.tasks.empty() || !args.model.expect.empty() || !args.model.map.empty() || args.n || !questions.data.empty() ||
         !questions.limit.empty() || !questions.samples.empty() || !questions.system.empty() || !questions.preset.empty() || !questions.reference.empty() ||
         questions.gen_seed != 0 || questions.gen_twins != 0 || questions.gen_noop || args.evaluate.fresh || args.evaluate.dry_run;
}

// A file beside no run.json, most likely recorded outputs.
bool is_lone_file(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && !std::filesystem::exists(path.parent_path() / "run.json", error);
}

// The run itself or, where -o says so, a copy of it.
Result<std::string> dir_to_grade(const GradeArgs& args, const CommandLine& command) {
  const std::vector<OptionValue> values = command.values();
  const auto output = std::ranges::find(values, "output", &OptionValue::name);
  if (output == values.end() || !output->typed) return args.run;
  auto reader = RunReader::open(args.run);
  if (!reader) return reader.error();
  return RunDir::copy(reader->dir(), args.output.root);
}

Result<ExitCode> grade_command(const GradeArgs& args, const CommandLine& command) {
  if (args.run.empty() == args.completions.empty())
    return usage_error(
        "grade wants either a run directory or --task TASK --completions FILE (see proctor grade --help)");
  if (!args.completions.empty()) return grade_completions(args, command);
  if (names_samples(args))
    return usage_error("grade RUN grades all that the run directory holds; --task, --map, --expect, -n, --limit, --samples, "
                       "--data, --fresh and --dry-run go with --completions");
  if (is_lone_file(args.run))
    return usage_error(fmt::format("{} is no run directory; recorded outputs are graded with --task TASK --completions {}", args.run, args.run));
  auto dir = dir_to_grade(args, command);
  if (!dir) return dir.error();
  auto evaluated = regrade(*dir, args.questions, args.evaluate, args.output);
  if (!evaluated) return evaluated.error();
  if (Status audited = audit(args, *evaluated); !audited) return audited.error();
  return evaluated->code;
}

} // namespace

CommandBody add_grade_command(CommandLine& command) {
  auto args = std::make_shared<GradeArgs>();
  add_options(command, *args);
  return [args, &command] { return grade_command(*args, command); };
}

} // namespace proctor
