// SPDX-License-Identifier: MIT
// grade RUN: everything that a run directory holds is graded again, by today's graders.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <limits>

#include "graders/code/code_graders.h"
#include "graders/code/code_sandbox.h"
#include "harness/cmd_loop.h"
#include "harness/cmd_run_json.h"
#include "harness/run_reader.h"
#include "harness/say.h"

namespace proctor {
namespace {

// The tasks of a run directory, as its questions*.jsonl tell.
Result<std::vector<std::unique_ptr<Task>>> tasks_of_run(const RunReader& reader, const GraderOptions& options) {
  std::vector<std::unique_ptr<Task>> tasks;
  Status status = reader.questions([&](QuestionRecord&& record) -> Status {
    auto known = std::find_if(tasks.begin(), tasks.end(), [&](const auto& task) { return task->name == record.task; });
    if (known == tasks.end()) {
      auto graders = graders_in_run(reader.run_json(), record.task, options);
      if (!graders) return graders.error();
      tasks.push_back(std::make_unique<Task>());
      tasks.back()->name = record.task;
      tasks.back()->graders = std::move(*graders);
      known = tasks.end() - 1;
    }
    (*known)->questions.push_back(std::move(record.question));
    return {};
  });
  if (!status) return status.error();
  return tasks;
}

// The fingerprints of the graders go into what it says of the tasks.
Status check_tasks(const Json& run, const std::string& file, const std::vector<std::unique_ptr<Task>>& tasks) {
  const auto fits = [](const Json* member) { return member == nullptr || member->is_object(); };
  const auto wrong = [&](std::string_view what) { return usage_error(fmt::format("{}: {}: a JSON object is wanted; the file is damaged", file, what)); };
  const Json* known = find_member(run, "tasks");
  if (!fits(known)) return wrong("tasks");
  if (known == nullptr) return {};
  for (const auto& task : tasks) {
    const Json* entry = find_member(*known, task->name);
    if (!fits(entry)) return wrong("tasks." + task->name);
    if (entry != nullptr && !fits(find_member(*entry, "graders"))) return wrong("tasks." + task->name + ".graders");
  }
  return {};
}

Status write_fingerprints(const RunDir& dir, Json run, const std::vector<std::unique_ptr<Task>>& tasks, const CodeSandbox& sandbox) {
  if (auto attested = sandbox_json(sandbox)) run["sandbox"] = *attested;
  for (const auto& task : tasks)
    for (const auto& grader : task->graders)
      run["tasks"][task->name]["graders"][std::string(grader->slot())] = grader->fingerprint();
  return write_file_atomically(dir.file("run.json"), dump_json_pretty(run));
}

// Where a task of the run needs it.
Status start_sandbox(const QuestionArgs& questions, const Json& run, const std::vector<std::unique_ptr<Task>>& tasks) {
  auto wanted = questions.confinement.options();
  if (!wanted) return wanted.error();
  if (std::ranges::none_of(tasks, [&](const auto& task) { return runs_code_in_run(run, task->name); })) return {};
  questions.sandbox->configure(*wanted);
  auto started = questions.sandbox->start();
  return started ? Status() : Status(started.error());
}

} // namespace

Result<Evaluated> regrade(const std::string& run_dir, const QuestionArgs& questions, const EvaluateArgs& args, const OutputArgs& output) {
  std::stop_source stop;
  SignalWatch signals(stop);
  auto reader = RunReader::open(run_dir);
  if (!reader) return reader.error();
  auto policies = args.math.read();
  if (!policies) return policies.error();
  GraderOptions options;
  options.math = *policies;
  options.sandbox = questions.sandbox;
  auto tasks = tasks_of_run(*reader, options);
  if (!tasks) return tasks.error();
  if (tasks->empty()) return usage_error(fmt::format("{} holds no questions, so there is nothing to grade", run_dir));
  if (Status good = check_tasks(reader->run_json(), reader->dir() + "/run.json", *tasks); !good) return good.error();
  auto dir = RunDir::open_existing(reader->dir());
  if (!dir) return dir.error();

  if (Status ready = start_sandbox(questions, reader->run_json(), *tasks); !ready) return ready.error();

  GradingTable table;
  std::vector<AskedTask> asked;
  for (const auto& task : *tasks) {
    asked.push_back({task->name, task->questions.size(), std::numeric_limits<int>::max()}); // every sample there is
    for (const Question& question : task->questions) table.add(*task, question);
  }
  auto state = read_logged_state(dir->path(), GradingTable()); // no logged grade counts
  if (!state) return state.error();
  const std::string new_grades = record_file(dir->path(), kNewGrades, Shard{});
  std::error_code ignored;
  std::filesystem::remove(new_grades, ignored); // of a regrade that did not come to its end
  auto log = RunLog::open(dir->path(), get_string(reader->run_json(), "id").value_or(""), Shard{}, kNewGrades);
  if (!log) return log.error();

  Loop loop{*dir, *state, *log, table, stop, nullptr, nullptr, Shard{}};
  loop.failed_samples_too = true;
  LoopResult result = run_loop(loop, output.no_progress);
  bool stopped = signals.exit_code() != ExitCode::ok;
  if (!result.status || stopped) {
    std::filesystem::remove(new_grades, ignored);
    if (!stopped) return in_context("the old grades stay in force", result.status.error());
    say("interrupted: the old grades stay in force; the same command grades again");
    return Evaluated{dir->path(), signals.exit_code()};
  }
  if (Status adopted = adopt_new_grades(dir->path()); !adopted) return adopted.error();
  if (Status written = write_fingerprints(*dir, reader->run_json(), *tasks, *questions.sandbox); !written) return written.error();
  log_event(dir->path(), fmt::format("{} samples graded again", result.counts.completed));
  auto code = report_session(dir->path(), asked, args, output);
  if (!code) return code.error();
  return Evaluated{dir->path(), strongest({signals.exit_code(), *code})};
}

} // namespace proctor
