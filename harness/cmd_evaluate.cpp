// SPDX-License-Identifier: MIT
#include "harness/cmd_evaluate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <set>
#include <thread>

#include "harness/cmd_report_files.h"
#include "harness/cmd_run_json.h"
#include "harness/progress.h"
#include "harness/run_log.h"
#include "harness/run_reader.h"
#include "harness/runner.h"
#include "harness/signal_watch.h"

namespace proctor {
namespace {

std::vector<PlannedTask> planned_tasks(const EvaluateRequest& request) {
  std::vector<PlannedTask> planned;
  for (const LoadedTask& loaded : request.tasks) planned.push_back({&loaded.task, loaded.samples, loaded.indices});
  return planned;
}

int graders_count() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

// The run directory's earlier run.json, null when there is none.
Result<Json> earlier_run_json(const std::string& dir) {
  if (!std::filesystem::exists(dir + "/run.json")) return Json();
  auto reader = RunReader::open(dir);
  if (!reader) return reader.error();
  return reader->run_json();
}

// Grades made by another version of a grader, or against another target, say nothing about this run.
bool graders_changed(const Json& before, const Json& now) {
  const Json* old_tasks = find_member(before, "tasks");
  if (old_tasks == nullptr) return false;
  for (auto& [task, old] : old_tasks->items()) {
    const Json* current = find_member(now["tasks"], task);
    const Json* old_graders = find_member(old, "graders");
    if (current != nullptr && old_graders != nullptr && *old_graders != (*current)["graders"]) return true;
  }
  return false;
}

// --- questions

std::string question_id(const std::string& task, const std::string& doc_id) { return task + '\n' + doc_id; }

struct LoggedQuestions {
  std::map<std::string, std::string> lines; // question_id -> record line, the newest
};

Result<LoggedQuestions> read_logged_questions(const std::string& dir) {
  LoggedQuestions logged;
  auto reader = RunReader::open(dir);
  if (!reader) return reader.error();
  Status status = reader->questions([&](QuestionRecord&& record) {
    logged.lines[question_id(record.task, record.question.doc_id)] = question_line(record);
    return Status();
  });
  if (!status) return status.error();
  return logged;
}

Error prompt_changed(const std::string& task, const std::string& doc_id, const std::string& dir) {
  return usage_error(
      fmt::format("{}: the prompt of question {} is not the one that {} was generated from; use --fresh "
                  "for a new run",
                  task, doc_id, dir));
}

// Logged samples may be reused only if they answer the planned prompts.
Status check_prompts(const PlanSource& source, const LoggedState& state, const std::string& dir) {
  if (state.prompt_hashes.empty()) return {};
  return source.for_each_question([&](const Task& task, const Question& question) -> Status {
    auto logged = state.prompt_hashes.find({task.name, question.doc_id});
    if (logged == state.prompt_hashes.end() || logged->second == prompt_hash(question)) return {};
    return prompt_changed(task.name, question.doc_id, dir);
  });
}

// Writes the questions that are new or whose target changed; tells whether any target of a logged one did.
Result<bool> log_questions(const PlanSource& source, RunLog& log, const LoggedQuestions& logged) {
  bool targets_changed = false;
  Status status = source.for_each_question([&](const Task& task, const Question& question) -> Status {
    std::string line = question_line({task.name, question, prompt_hash(question)});
    auto old = logged.lines.find(question_id(task.name, question.doc_id));
    if (old != logged.lines.end() && old->second == line) return {};
    targets_changed = targets_changed || old != logged.lines.end();
    return log.append_question(line);
  });
  if (!status) return status.error();
  return targets_changed;
}

// --- the loop

// A run directory opened for writing, with what it held before.
struct Session {
  RunDir dir;
  LoggedState state;
  RunLog log;
};

bool all_graded(const Graders& graders, const SampleKey& key, const LoggedState& state) {
  return std::all_of(graders.begin(), graders.end(),
                     [&](const auto& grader) { return state.graded(key, grader->slot()); });
}

// Feeds the samples that are logged but not graded to the runner.
Status grade_backlog(const std::string& dir, const GradingTable& table, const LoggedState& state, Runner& runner,
                     RunObserver& observer, const std::stop_token& stop) {
  auto reader = RunReader::open(dir);
  if (!reader) return reader.error();
  SampleSet fed; // of two records of one sample the first counts
  return reader->samples(RecordParser::Texts::keep, [&](Completion&& completion, const RecordPlace&) {
    const SampleKey& key = completion.key;
    const GradingTable::Entry* entry = table.find(key);
    bool wanted = entry != nullptr && completion.status != CompletionStatus::error && !stop.stop_requested();
    if (!wanted || fed.contains(key.task, key.doc_id, key.sample_idx) || all_graded(*entry->graders, key, state))
      return Status();
    fed.add(key.task, key.doc_id, key.sample_idx);
    observer.completed(completion);
    runner.grade_logged(std::move(completion), state);
    return Status();
  });
}

size_t count_ungraded(const std::vector<LoadedTask>& tasks, const LoggedState& state) {
  std::set<std::string_view> slots;
  for (const LoadedTask& loaded : tasks)
    for (const auto& grader : loaded.task.graders) slots.insert(grader->slot());
  size_t most = 0;
  for (std::string_view slot : slots) {
    auto graded = state.grades.find(slot);
    size_t done = graded == state.grades.end() ? 0 : graded->second.size();
    most = std::max(most, state.samples.size() - std::min(done, state.samples.size()));
  }
  return most;
}

struct LoopResult {
  Status status;
  ExitCode signal = ExitCode::ok;
  double seconds = 0;
  ProgressCounts counts;
};

// backend: null when nothing is to be generated.
LoopResult run_loop(Session& session, const std::vector<LoadedTask>& tasks, Backend* backend, PlanSource& source,
                    std::stop_source stop, Progress& progress, Shard shard) {
  auto start = std::chrono::steady_clock::now();
  GradingTable table;
  for (const LoadedTask& loaded : tasks) table.add(loaded.task);
  RunnerOptions options;
  options.graders = graders_count();
  LoopResult result;
  {
    Runner runner(session.log, record_file(session.dir.path(), "samples", shard), table, progress, stop, options);
    if (count_ungraded(tasks, session.state) > 0)
      result.status = grade_backlog(session.dir.path(), table, session.state, runner, progress, stop.get_token());
    if (result.status && backend != nullptr && source.missing() > 0)
      result.status = runner.generate(*backend, source);
    Status finished = runner.finish();
    if (!finished) result.status = finished;
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.counts = progress.counts();
  return result;
}

// --- what is said

void say_plan(const EvaluateRequest& request, const Description& model, const PlanSource& source,
              const std::string& dir) {
  std::string tasks;
  for (const LoadedTask& loaded : request.tasks) {
    int most = loaded.samples.empty() ? 0 : *std::max_element(loaded.samples.begin(), loaded.samples.end());
    tasks += fmt::format("{}{} ({} x {})", tasks.empty() ? "" : ", ", loaded.task.name, loaded.task.questions.size(),
                         most);
  }
  fmt::print(stderr, "{}: {}\n", model.name, tasks);
  if (!model.note.empty()) fmt::print(stderr, "note: {}\n", model.note);
  size_t done = source.total() - source.missing();
  if (done > 0) fmt::print(stderr, "resuming {}: {} of {} samples are done\n", dir, done, source.total());
}

void say_interrupted(const EvaluateRequest& request, const Session& session, const LoopResult& result,
                     const PlanSource& source) {
  size_t done = source.total() - source.missing() + std::min(result.counts.completed, source.missing());
  fmt::print(stderr, "interrupted: {} of {} samples are in {}; the same command{} resumes\n", done, source.total(),
             session.dir.path(), request.fresh ? " without --fresh" : "");
}

ExitCode quality_code(const Summary& summary, double max_error_rate, std::optional<double> max_truncated) {
  int64_t graded = 0, not_graded = 0;
  bool truncated = false;
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots) {
      int64_t failed = count_of(slot.verdicts, Verdict::not_graded);
      not_graded += failed;
      graded += slot.n_graded - failed;
      const Metric* share = find_metric(slot, "truncated");
      if (!max_truncated || share == nullptr || share->value <= *max_truncated) continue;
      fmt::print(stderr, "proctor: {}: {:.1f} % of the answers are truncated, more than --max-truncated {}\n",
                 task.name, 100 * share->value, *max_truncated);
      truncated = true;
    }
  bool unreliable = graded == 0;
  if (unreliable)
    fmt::print(stderr, "proctor: nothing was graded\n");
  else if (double rate = static_cast<double>(not_graded) / static_cast<double>(graded + not_graded);
           rate > max_error_rate) {
    fmt::print(stderr, "proctor: {:.1f} % of the samples could not be graded, more than --max-error-rate {}\n",
               100 * rate, max_error_rate);
    unreliable = true;
  }
  return strongest(
      {unreliable ? ExitCode::infrastructure : ExitCode::ok, truncated ? ExitCode::failed : ExitCode::ok});
}

Result<ExitCode> report(const std::string& dir, const OutputArgs& output, double max_error_rate,
                        std::optional<double> max_truncated) {
  auto extra_k = output.extra_k();
  if (!extra_k) return extra_k.error();
  auto summary = summarize(dir, *extra_k);
  if (!summary) return summary.error();
  if (Status written = write_report_files(*summary, {"json", "md", "html"}, dir); !written) return written.error();
  if (output.json)
    fmt::print("{}", dump_json_pretty(results_with_dir(*summary)));
  else
    print_table(*summary);
  fmt::print(stderr, "report: {}/report.html\n", dir);
  return quality_code(*summary, max_error_rate, max_truncated);
}

void print_dry_run(const EvaluateRequest& request, const Description& model, const std::string& id) {
  std::string dir = request.fresh ? "" : find_run_dir(request.output.root, id);
  Json plan = Json::array();
  size_t total = 0;
  for (const LoadedTask& loaded : request.tasks) {
    size_t samples = 0;
    for (int n : loaded.samples) samples += static_cast<size_t>(n);
    total += samples;
    plan.push_back({{"task", loaded.task.name},
                    {"questions", loaded.task.questions.size()},
                    {"samples", samples},
                    {"source", loaded.task.source}});
  }
  if (request.output.json) {
    Json document = {{"model", model.name}, {"id", id}, {"tasks", plan}, {"sampling", to_json(request.sampling)}};
    if (!dir.empty()) document["resumes"] = dir;
    fmt::print("{}", dump_json_pretty(document));
    return;
  }
  for (const Json& task : plan)
    fmt::print("{:<24} {:>6} questions {:>8} samples  {}\n", *get_string(task, "task"), *get_int(task, "questions"),
               *get_int(task, "samples"), *get_string(task, "source"));
  fmt::print("model {}, run id {}, {} samples; {}\n", model.name, id, total,
             dir.empty() ? "a new run directory" : "would resume " + dir);
}

// --- sessions

Result<Session> open_session(const EvaluateRequest& request, const Description& model, const std::string& id) {
  auto dir = RunDir::open({request.output.root, id, model.name, request.fresh, request.shard});
  if (!dir) return dir.error();
  const std::string path = dir->path();
  auto before = earlier_run_json(path);
  if (!before) return before.error();
  Json run = make_run_json(request, model, id, *before);
  bool regrade_all = graders_changed(*before, run);
  if (regrade_all)
    if (Status retired = retire_grades(path, request.shard); !retired) return retired.error();

  bool shares_run_json = request.shard.count > 1 && before->is_object();
  std::string run_json =
      shares_run_json ? fmt::format("run.{}-of-{}.json", request.shard.index + 1, request.shard.count) : "run.json";
  if (Status written = write_file_atomically(dir->file(run_json), dump_json_pretty(run)); !written)
    return written.error();

  auto state = read_logged_state(path, !regrade_all);
  if (!state) return state.error();
  auto log = RunLog::open(path, id, request.shard);
  if (!log) return log.error();
  if (log->cut_bytes() > 0)
    fmt::print(stderr, "note: {} bytes of unfinished records, left by an earlier kill, were cut off\n",
               log->cut_bytes());
  return Session{std::move(*dir), std::move(*state), std::move(*log)};
}

// New targets make old grades stale: retire them and forget that they are done.
Status forget_grades(Session& session, const std::string& id, Shard shard) {
  if (Status retired = retire_grades(session.dir.path(), shard); !retired) return retired;
  session.state.grades.clear();
  auto log = RunLog::open(session.dir.path(), id, shard);
  if (!log) return log.error();
  session.log = std::move(*log);
  return {};
}

Status add_seconds(const RunDir& dir, double seconds, Shard shard) {
  if (shard.count > 1) return {}; // several writers: report adds nothing up
  auto before = earlier_run_json(dir.path());
  if (!before) return before.error();
  (*before)["seconds"] = get_number(*before, "seconds").value_or(0) + seconds;
  return write_file_atomically(dir.file("run.json"), dump_json_pretty(*before));
}

} // namespace

Result<Evaluated> evaluate(EvaluateRequest& request) {
  Description model = request.backend->describe();
  std::string id = run_identity(request, model);
  if (request.dry_run) {
    print_dry_run(request, model, id);
    return Evaluated{};
  }
  std::stop_source stop;
  SignalWatch signals(stop);
  auto session = open_session(request, model, id);
  if (!session) return session.error();
  const std::string dir = session->dir.path();

  PlanSource source(planned_tasks(request), request.sampling, request.seed, request.shard, session->state.samples,
                    stop.get_token());
  say_plan(request, model, source, dir);
  if (Status same = check_prompts(source, session->state, dir); !same) return same.error();
  auto logged_questions = read_logged_questions(dir);
  if (!logged_questions) return logged_questions.error();
  auto targets_changed = log_questions(source, session->log, *logged_questions);
  if (!targets_changed) return targets_changed.error();
  if (*targets_changed)
    if (Status forgotten = forget_grades(*session, id, request.shard); !forgotten) return forgotten.error();

  LoopResult result;
  {
    Progress progress(Progress::style_for_stderr(request.output.no_progress),
                      source.missing() + count_ungraded(request.tasks, session->state));
    result = run_loop(*session, request.tasks, request.backend, source, stop, progress, request.shard);
  }
  result.signal = signals.exit_code();
  if (!result.status)
    return in_context(fmt::format("everything finished so far is in {}", dir), result.status.error());
  if (Status added = add_seconds(session->dir, result.seconds, request.shard); !added) return added.error();
  if (result.signal != ExitCode::ok) {
    say_interrupted(request, *session, result, source);
    return Evaluated{dir, result.signal};
  }
  if (request.shard.count > 1)
    fmt::print(stderr, "shard {}/{} is done; `proctor report {}` when all are\n", request.shard.index + 1,
               request.shard.count, dir);
  auto code = report(dir, request.output, request.max_error_rate, request.max_truncated);
  if (!code) return code.error();
  return Evaluated{dir, *code};
}

namespace {

// The tasks of a run directory, as its questions*.jsonl tell.
Result<std::vector<LoadedTask>> tasks_of_run(const RunReader& reader) {
  std::vector<LoadedTask> tasks;
  std::map<std::string, std::map<std::string, size_t>> positions; // a later record of a question replaces the first
  Status status = reader.questions([&](QuestionRecord&& record) -> Status {
    auto same = [&](const LoadedTask& loaded) { return loaded.task.name == record.task; };
    auto known = std::find_if(tasks.begin(), tasks.end(), same);
    if (known == tasks.end()) {
      auto graders = task_graders(record.task);
      if (!graders) return graders.error();
      Task task;
      task.name = record.task;
      task.graders = std::move(*graders);
      tasks.push_back({std::move(task), {}, {}, 0});
      known = tasks.end() - 1;
    }
    std::vector<Question>& questions = known->task.questions;
    auto [position, is_new] = positions[record.task].try_emplace(record.question.doc_id, questions.size());
    if (is_new)
      questions.push_back(std::move(record.question));
    else
      questions[position->second] = std::move(record.question);
    return {};
  });
  if (!status) return status.error();
  return tasks;
}

void update_fingerprints(Json& run, const std::vector<LoadedTask>& tasks) {
  for (const LoadedTask& loaded : tasks)
    for (const auto& grader : loaded.task.graders)
      run["tasks"][loaded.task.name]["graders"][std::string(grader->slot())] = grader->fingerprint();
}

} // namespace

Result<Evaluated> regrade(const std::string& run_dir, const OutputArgs& output, double max_error_rate,
                          std::optional<double> max_truncated) {
  std::stop_source stop;
  SignalWatch signals(stop);
  auto reader = RunReader::open(run_dir);
  if (!reader) return reader.error();
  auto tasks = tasks_of_run(*reader);
  if (!tasks) return tasks.error();
  if (tasks->empty()) return usage_error(fmt::format("{} holds no questions, so there is nothing to grade", run_dir));
  auto dir = RunDir::open_existing(reader->dir());
  if (!dir) return dir.error();

  Json run = reader->run_json();
  update_fingerprints(run, *tasks);
  if (Status retired = retire_all_grades(dir->path()); !retired) return retired.error();
  if (Status written = write_file_atomically(dir->file("run.json"), dump_json_pretty(run)); !written)
    return written.error();
  auto state = read_logged_state(dir->path(), false);
  if (!state) return state.error();
  auto log = RunLog::open(dir->path(), get_string(run, "id").value_or(""), Shard{});
  if (!log) return log.error();

  Session session{std::move(*dir), std::move(*state), std::move(*log)};
  PlanSource nothing({}, {}, 0, Shard{}, session.state.samples, stop.get_token());
  LoopResult result;
  {
    Progress progress(Progress::style_for_stderr(output.no_progress), session.state.samples.size());
    result = run_loop(session, *tasks, nullptr, nothing, stop, progress, Shard{});
  }
  if (!result.status) return result.status.error();
  if (signals.exit_code() != ExitCode::ok) {
    fmt::print(stderr, "interrupted while grading; the same command grades again\n");
    return Evaluated{session.dir.path(), signals.exit_code()};
  }
  auto code = report(session.dir.path(), output, max_error_rate, max_truncated);
  if (!code) return code.error();
  return Evaluated{session.dir.path(), *code};
}

} // namespace proctor
