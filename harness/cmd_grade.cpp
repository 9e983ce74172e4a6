// SPDX-License-Identifier: MIT
// proctor grade: grade recorded outputs, or an old run again; never generates.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_evaluate.h"
#include "harness/cmd_models.h"
#include "harness/cmd_options.h"
#include "harness/cmd_recorded.h"
#include "harness/run_reader.h"

namespace proctor {
namespace {

struct GradeArgs {
  std::string run;
  std::vector<std::string> tasks;
  std::string completions;
  std::optional<int> n;
  ModelArgs model;
  QuestionArgs questions;
  OutputArgs output;
  bool fresh = false, dry_run = false;
  double max_error_rate = 0.02;
  std::optional<double> max_truncated;
};

constexpr const char* kExamples =
    "Examples:\n"
    "  proctor grade --task aime --completions outputs.jsonl --map completion=response,target=gold\n"
    "  proctor grade --task gsm8k --completions samples.jsonl.gz --data benchmarks/\n"
    "  proctor grade --task aime --completions outputs.jsonl --map target=gold --expect label\n"
    "  proctor grade runs/latest";

void add_options(CLI::App& command, GradeArgs& args) {
  command.add_option("run", args.run, "A run directory to grade again; its old grades are kept")->type_name("RUN");
  command
      .add_option("-t,--task,--tasks", args.tasks,
                  "The task that asked the questions, or a generic one: math, aime, choice, tag, exact")
      ->type_name("TASK[:N]");
  command.add_option("-c,--completions", args.completions, "The recorded outputs")->type_name("FILE");
  command
      .add_option("--map", args.model.map,
                  "Keys of the file: completion=a.b,target=gold,doc_id=item,sample_idx=s,prompt=q")
      ->type_name("K=PATH,...");
  command
      .add_option("--expect", args.model.expect,
                  "Compare every verdict with this recorded label; exit 1 when any differs")
      ->type_name("KEY");
  command.add_option("-n,--n", args.n, "Only the first N samples of each question")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  args.questions.add_data_to(command);
  command.add_option("-L,--limit,--max-samples", args.questions.limit, "Only the first N questions, or a fraction")
      ->type_name("N");
  command
      .add_option("--samples,--sample-id", args.questions.samples, "Only these questions: ids with commas between")
      ->type_name("IDS");
  args.output.add_to(command);
  command.add_option("--max-error-rate", args.max_error_rate, "Exit 3 when more than this share could not be graded")
      ->type_name("X")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--max-truncated", args.max_truncated,
                  "Exit 1 when more than this share of a task's answers is truncated")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
  command.add_flag("--fresh", args.fresh, "Start a new run directory although one could be resumed");
  command.add_flag("--dry-run", args.dry_run, "Say what would be done and stop");
  command.footer(kExamples);
}

struct Expectation {
  size_t compared = 0, unlabelled = 0, not_graded = 0;
  std::vector<std::string> disagreements; // in order, one line each
};

std::string disagreement_line(const Grade& grade, bool label) {
  return fmt::format("{} {}/{}: {} ({}), recorded as {}", grade.key.task, grade.key.doc_id, grade.key.sample_idx,
                     to_string(grade.verdict), grade.explanation, label ? "correct" : "not correct");
}

// The first grader of a task is the one that labels speak about.
Result<Expectation> compare_labels(const std::string& run_dir, const RecordedFile& file) {
  auto reader = RunReader::open(run_dir);
  if (!reader) return reader.error();
  Expectation result;
  Status status = reader->grades([&](Grade&& grade) {
    auto label = file.label(grade.key.doc_id, grade.key.sample_idx);
    if (!label) {
      ++result.unlabelled;
    } else if (grade.verdict == Verdict::not_graded) {
      ++result.not_graded;
    } else {
      ++result.compared;
      if (*label != (grade.verdict == Verdict::correct))
        result.disagreements.push_back(disagreement_line(grade, *label));
    }
    return Status();
  });
  if (!status) return status.error();
  std::sort(result.disagreements.begin(), result.disagreements.end());
  return result;
}

Result<ExitCode> check_expectation(const std::string& run_dir, const RecordedFile& file, const std::string& key) {
  auto result = compare_labels(run_dir, file);
  if (!result) return result.error();
  for (const std::string& line : result->disagreements) fmt::print(stderr, "{}\n", line);
  fmt::print(stderr, "expect {}: {} verdicts compared, {} disagree", key, result->compared,
             result->disagreements.size());
  if (result->unlabelled > 0) fmt::print(stderr, ", {} without a label", result->unlabelled);
  if (result->not_graded > 0) fmt::print(stderr, ", {} not graded", result->not_graded);
  fmt::print(stderr, "\n");
  if (result->compared == 0) return usage_error(fmt::format("--expect {}: no verdict could be compared", key));
  return result->disagreements.empty() ? ExitCode::ok : ExitCode::failed;
}

Result<ExitCode> grade_completions(const GradeArgs& args) {
  auto specs = parse_task_specs(args.tasks);
  if (!specs) return specs.error();
  if (specs->size() != 1) return usage_error("grade takes one task at a time; name it with --task");
  auto extra_k = args.output.extra_k();
  if (!extra_k) return extra_k.error();
  ModelArgs model_args = args.model;
  model_args.model = "recorded:" + args.completions;
  auto model = make_model(model_args);
  if (!model) return model.error();
  auto options = args.questions.task_options(specs->front().name);
  if (!options) return options.error();
  TaskSpec spec = specs->front();
  if (!spec.count) spec.count = args.n;
  std::vector<std::string> notes = model->recorded->notes();
  auto loaded = load_recorded_task(spec, *options, *model->recorded, notes);
  if (!loaded) return loaded.error();
  for (const std::string& note : notes) fmt::print(stderr, "note: {}\n", note);

  EvaluateRequest request;
  request.tasks.push_back(std::move(*loaded));
  request.backend = model->backend.get();
  request.fresh = args.fresh;
  request.dry_run = args.dry_run;
  request.max_error_rate = args.max_error_rate;
  request.max_truncated = args.max_truncated;
  request.output = args.output;
  auto evaluated = evaluate(request);
  if (!evaluated) return evaluated.error();
  if (args.model.expect.empty() || evaluated->run_dir.empty()) return evaluated->code;
  auto expected = check_expectation(evaluated->run_dir, *model->recorded, args.model.expect);
  if (!expected) return expected.error();
  return strongest({evaluated->code, *expected});
}

Result<ExitCode> grade_command(const GradeArgs& args) {
  if (args.run.empty() == args.completions.empty())
    return usage_error(
        "grade wants either a run directory or --task TASK --completions FILE (see proctor grade --help)");
  if (!args.completions.empty()) return grade_completions(args);
  if (!args.tasks.empty() || !args.model.expect.empty() || !args.model.map.empty())
    return usage_error("--task, --map and --expect go with --completions; a run directory knows its tasks");
  auto evaluated = regrade(args.run, args.output, args.max_error_rate, args.max_truncated);
  if (!evaluated) return evaluated.error();
  return evaluated->code;
}

} // namespace

CommandBody add_grade_command(CLI::App& command) {
  auto args = std::make_shared<GradeArgs>();
  add_options(command, *args);
  return [args] { return grade_command(*args); };
}

} // namespace proctor
