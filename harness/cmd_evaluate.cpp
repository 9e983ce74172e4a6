// SPDX-License-Identifier: MIT
#include "harness/cmd_evaluate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <map>
#include <set>

#include "graders/code/code_sandbox.h"
#include "harness/cmd_loop.h"
#include "harness/cmd_run_json.h"
#include "harness/heartbeat.h"
#include "harness/parallel.h"
#include "harness/run_reader.h"
#include "harness/say.h"
#include "reports/pricing.h"

namespace proctor {
namespace {

std::vector<PlannedTask> planned_tasks(const EvaluateRequest& request) {
  std::vector<PlannedTask> planned;
  for (const LoadedTask& loaded : request.tasks) planned.push_back({&loaded.task, loaded.samples, loaded.indices, loaded.order});
  return planned;
}

std::vector<AskedTask> asked_tasks(const std::vector<LoadedTask>& tasks) {
  std::vector<AskedTask> asked;
  for (const LoadedTask& loaded : tasks) asked.push_back({loaded.task.name, loaded.task.questions.size(), loaded.most_samples()});
  return asked;
}

// --- what the directory holds already

using QuestionName = std::pair<std::string, std::string>; // task, doc_id

// The directory as an earlier session left it.
struct Before {
  Json run_json;                                   // null: a new directory
  std::map<QuestionName, QuestionRecord> questions; // the newest revision of each
  LoggedState state;
};

Result<Before> read_before(const std::string& dir, const GradingTable& table) {
  Before before;
  if (!std::filesystem::exists(dir + "/run.json")) return before;
  auto reader = RunReader::open(dir);
  if (!reader) return reader.error();
  before.run_json = reader->run_json();
  if (!before.run_json.is_object()) return usage_error(fmt::format("{}/run.json is not a JSON object; use --fresh for a new run", dir));
  Status read = reader->questions([&](QuestionRecord&& record) {
    QuestionName name{record.task, record.question.doc_id};
    before.questions.emplace(std::move(name), std::move(record));
    return Status();
  });
  if (!read) return read.error();
  auto state = read_logged_state(dir, table);
  if (!state) return state.error();
  before.state = std::move(*state);
  return before;
}

// Logged samples may be reused only if they answer the planned prompts.
Status check_prompts(const std::vector<PlannedTask>& planned, const EvaluateRequest& request, const Before& before,
                     const std::string& dir) {
  if (before.state.prompt_hashes.empty()) return {};
  return for_each_question(planned, request.shard, [&](const Task& task, const Question& question, size_t) -> Status {
    auto logged = before.state.prompt_hashes.find({task.name, question.doc_id});
    if (logged == before.state.prompt_hashes.end() || logged->second == prompt_hash(question)) return {};
    return usage_error(fmt::format("{}: the prompt of question {} is not the one that {} was generated from; use "
                                   "--fresh for a new run",
                                   task.name, question.doc_id, dir));
  });
}

// Whether every question of a task, asked before or now, has its first n samples.
bool holds_first(const EvaluateRequest& request, const Before& before, const std::string& task, int n) {
  const auto has_them = [&](const std::string& doc_id) {
    int s = 0;
    while (s < n && before.state.samples.contains(task, doc_id, s)) ++s;
    return s == n;
  };
  for (const auto& [name, record] : before.questions)
    if (name.first == task && !has_them(name.second)) return false;
  for (const LoadedTask& loaded : request.tasks)
    if (loaded.task.name == task)
      return std::ranges::all_of(loaded.task.questions, [&](const Question& question) { return has_them(question.doc_id); });
  return true;
}

// Samples that were taken until a vote was settled are a fair sample only of a plan that knows it, or when all are there.
Status check_adaptive(const EvaluateRequest& request, const Before& before, const std::string& dir) {
  const Json* plan = find_member(before.run_json, "plan");
  if (request.adaptive || request.pilot || plan == nullptr) return {};
  for (const LoadedTask& loaded : request.tasks) {
    const Json* old = find_member(*plan, loaded.task.name);
    if (old == nullptr || find_member(*old, "adaptive") == nullptr) continue;
    const int64_t planned = get_int(*old, "n_samples").value_or(0);
    if (loaded.most_samples() < planned && !holds_first(request, before, loaded.task.name, static_cast<int>(planned)))
      return usage_error(fmt::format("{}: {} holds samples that --adaptive took, of {} per question; ask with --adaptive, with -n {} or more, or use --fresh",
                                     loaded.task.name, dir, planned, planned));
  }
  return {};
}

// Writes the questions that are new, and those whose reference or metadata changed as a new revision.
Status log_questions(const std::vector<PlannedTask>& planned, Shard shard, const Before& before, RunLog& log) {
  return for_each_question(planned, shard, [&](const Task& task, const Question& question, size_t) -> Status {
    QuestionRecord record{task.name, question, prompt_hash(question), 0};
    auto logged = before.questions.find({task.name, question.doc_id});
    if (logged != before.questions.end()) {
      record.revision = logged->second.revision;
      if (question_line(record) == question_line(logged->second)) return {};
      ++record.revision;
    }
    return log.append_question(question_line(record));
  });
}

// --- run.json

// What the options say, else what run.json says already, else what the built-in list has for this endpoint today.
Result<Pricing> pricing_of(const EvaluateRequest& request, const Description& model, const Json& before) {
  if (const Json* kept = find_member(before, "pricing"); kept != nullptr && !request.args.prices.given()) return pricing_from_json(*kept);
  const Json described = {{"created", fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)))},
                          {"model", {{"name", model.name}, {"details", model.details}}}};
  PricedModel priced = priced_model(described);
  if (auto created = get_string(before, "created")) priced.date = created->substr(0, 10);
  return choose_pricing(request.args.prices, priced);
}

// The document as it was written.
Result<Json> write_run_json(const EvaluateRequest& request, const Description& model, const std::string& id, const RunDir& dir,
                            const Pricing& pricing, const Before& read) {
  const Held held = [&](const std::string& task, int n) { return holds_first(request, read, task, n); };
  Json run;
  Status written = dir.alone([&]() -> Status {
    Json before;
    if (std::filesystem::exists(dir.file("run.json"))) {
      auto reader = RunReader::open(dir.path());
      if (!reader) return reader.error();
      before = reader->run_json();
    }
    run = make_run_json(request, model, id, before, pricing, held);
    return write_file_atomically(dir.file("run.json"), dump_json_pretty(run));
  });
  if (!written) return written.error();
  return run;
}

bool asks_all(const LoadedTask& loaded, const Before& before) {
  std::set<std::string_view> asked;
  for (const Question& question : loaded.task.questions) asked.insert(question.doc_id);
  return std::ranges::all_of(before.questions, [&](const auto& logged) { return logged.first.first != loaded.task.name || asked.contains(logged.first.second); });
}

// A session that came to its end has the first samples of every question that its own plan wants in any case.
void end_adaptive(const EvaluateRequest& request, const Before& before, Json& plan) {
  if (request.shard.count > 1 || (request.stopper != nullptr && !request.adaptive)) return;
  for (const LoadedTask& loaded : request.tasks) {
    if (loaded.samples.empty() || !loaded.indices.empty() || !asks_all(loaded, before)) continue;
    const int n = *std::ranges::min_element(loaded.samples);
    SessionPlan ended{n, {}};
    if (request.adaptive) ended.adaptive = AdaptivePlan{*request.adaptive, request.adaptive->prefix(n)};
    Json& of_task = plan[loaded.task.name];
    set_adaptive(of_task, plan_of_ended(session_plan(of_task), ended));
  }
}

// The backend learns when the run was begun: by its first session, or by another shard.
Status tell_begun(const RunDir& dir, const Json& run, Backend& backend) {
  std::tm time{};
  if (strptime(get_string(run, "created").value_or("").c_str(), "%Y-%m-%dT%H:%M:%SZ", &time) == nullptr)
    return usage_error(fmt::format("{}: created: a time such as 2026-01-31T12:00:00Z is wanted", dir.file("run.json")));
  backend.set_begun(timegm(&time));
  return {};
}

// What all sessions have spent, what the backend did in this one, and what it knows of the model now that it has
// answered; how far each task came.
Status log_session(const RunDir& dir, const EvaluateRequest& request, const Before& before, const LoopResult& session, const Description& model) {
  return dir.alone([&]() -> Status {
    auto reader = RunReader::open(dir.path());
    if (!reader) return reader.error();
    Json run = reader->run_json();
    if (session.activity.is_object()) run["activity"] = session.activity;
    run["model"]["note"] = model.note;
    run["model"]["details"] = model.details;
    if (session.status && session.n_open == 0) end_adaptive(request, before, run["plan"]);
    if (request.stopper != nullptr)
      for (const auto& [task, n] : request.stopper->ended()) run["plan"][task]["ended_after"] = n;
    return write_file_atomically(dir.file("run.json"), dump_json_pretty(run));
  });
}

// --- what is said

void say_plan(const EvaluateRequest& request, const Description& model) {
  std::string tasks;
  for (const LoadedTask& loaded : request.tasks)
    tasks += fmt::format("{}{} ({} x {})", tasks.empty() ? "" : ", ", loaded.task.name, loaded.task.questions.size(),
                         loaded.most_samples());
  say(fmt::format("{}: {}", model.name, tasks));
  if (!model.note.empty()) say("note: " + model.note);
  if (std::string note = published_note(request.preset, request.reference, model.name); !note.empty()) say("note: " + note);
}

void say_resumed(const EvaluateRequest& request, const Before& before, const PlanSource& source, const std::string& dir) {
  size_t done = source.total() - source.missing();
  if (done > 0) say(fmt::format("resuming {}: {} of {} samples are done", dir, done, done + source.n_open({})));
  const Json* options = find_member(before.run_json, "options");
  auto old_seed = options == nullptr ? std::nullopt : get_int(*options, "gen_seed");
  bool generated = std::any_of(request.tasks.begin(), request.tasks.end(), [](auto& t) { return t.task.name.starts_with("gen/"); });
  if (generated && old_seed && static_cast<uint64_t>(*old_seed) != request.gen_seed)
    say(fmt::format("note: {} also holds questions of --gen-seed {}; the scores are about both (--fresh keeps them apart)", dir,
                    *old_seed));
}

std::string interrupted_text(const EvaluateRequest& request, const LoopResult& result, const PlanSource& source, const std::string& dir) {
  const size_t done = source.total() - source.missing() + result.n_arrived;
  return fmt::format("interrupted: {} of {} samples are in {}; the same command{} resumes", done, done + result.n_open, dir,
                     request.args.fresh ? " without --fresh" : "");
}

void say_stopped(const EvaluateRequest& request, const LoopResult& result, const PlanSource& source, const std::string& dir) {
  const size_t done = source.total() - source.missing() + result.n_arrived;
  std::string text = fmt::format("stopped: {}; {} of {} samples are in {}; the same command{} goes on", limit_text(result.limit), done,
                                 done + result.n_open, dir, request.args.fresh ? " without --fresh" : "");
  say(text);
  log_event(dir, text);
}

void print_dry_run(const EvaluateRequest& request, const Description& model, const std::string& id) {
  std::string dir = request.args.fresh ? "" : find_run_dir(request.output.root, id);
  Json plan = Json::array();
  size_t total = 0;
  for (const LoadedTask& loaded : request.tasks) {
    size_t samples = 0;
    for (int n : loaded.samples) samples += static_cast<size_t>(n);
    total += samples;
    plan.push_back({{"task", loaded.task.name}, {"questions", loaded.task.questions.size()}, {"samples", samples}, {"source", loaded.task.source}});
  }
  if (request.output.json) {
    Json document = {{"model", model.name}, {"id", id}, {"tasks", plan}, {"sampling", to_json(request.sampling)}};
    if (!dir.empty()) document["resumes"] = dir;
    fmt::print("{}", dump_json_pretty(document));
    return;
  }
  for (const Json& task : plan)
    fmt::print("{:<24} {:>6} questions {:>8} samples  {}\n", get_string(task, "task").value_or(""), get_int(task, "questions").value_or(0),
               get_int(task, "samples").value_or(0), get_string(task, "source").value_or(""));
  fmt::print("model {}, run id {}, {} samples; {}\n", model.name, id, total, dir.empty() ? "a new run directory" : "would resume " + dir);
}

// What this process spends from now on.
std::function<Spent()> spent_by(const Backend& backend, const Description& model) {
  return [&backend, gpu = on_gpu(model.details), start = std::chrono::steady_clock::now()] {
    const Json activity = backend.activity().details;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return Spent{seconds, get_number(activity, "core_seconds"), get_number(activity, "seconds"), gpu ? std::optional(seconds) : std::nullopt};
  };
}

// What one shard, or the whole, grades.
GradingTable table_of(const std::vector<PlannedTask>& planned, Shard shard) {
  GradingTable table;
  Status filled = for_each_question(planned, shard, [&](const Task& task, const Question& question, size_t) {
    table.add(task, question);
    return Status();
  });
  PROCTOR_CHECK(filled.has_value());
  return table;
}

Result<RunLog> open_log(const RunDir& dir, const std::string& id, Shard shard) {
  auto log = RunLog::open(dir.path(), id, shard);
  if (log && log->cut_bytes() > 0)
    say(fmt::format("note: {} bytes of unfinished records, left by an earlier kill, were cut off", log->cut_bytes()));
  return log;
}

// Before anything is generated in the place of samples that are gone.
Status set_aside_grades(const RunDir& dir, Shard shard, const LoggedState& state) {
  if (state.n_lost_grades == 0) return {};
  auto n_lost = set_aside_lost_grades(dir.path(), shard, state.samples);
  if (!n_lost) return n_lost.error();
  if (*n_lost > 0) say(fmt::format("note: {} grades in {} are of samples that are lost; they count no more", *n_lost, dir.path()));
  return {};
}

// One session of a run: what was missing is generated, graded and logged.
struct Session {
  std::string dir;
  LoopResult result;
  bool interrupted = false; // by a signal; nothing is reported then
};

// Why the loop ended, with where to find what there is.
Error loop_error(Error error, bool has_samples, const std::string& dir, const SignalWatch& signals) {
  if (has_samples) error = in_context(fmt::format("everything finished so far is in {}", dir), std::move(error));
  log_event(dir, error.message);
  error.exit = strongest({signals.exit_code(), error.exit});
  return error;
}

Result<Session> run_session(const EvaluateRequest& request, const Description& model, const std::string& id, std::stop_source& stop,
                            const SignalWatch& signals) {
  auto max_seconds = request.limits.max_seconds();
  if (!max_seconds) return max_seconds.error();
  auto dir = RunDir::open({request.output.root, id, model.name, request.args.fresh, request.shard});
  if (!dir) return dir.error();

  // Nothing is written before it is known that this run may go on here.
  const std::vector<PlannedTask> planned = planned_tasks(request);
  const GradingTable table = table_of(planned, request.shard);
  auto before = read_before(dir->path(), table);
  if (!before) return before.error();
  if (Status same = check_prompts(planned, request, *before, dir->path()); !same) return same.error();
  if (Status fair = check_adaptive(request, *before, dir->path()); !fair) return fair.error();
  PlanSource source(planned, request.sampling, request.seed, request.shard, before->state.samples, stop.get_token());
  source.watch(request.stopper);
  if (Status told = replay_grades(dir->path(), table, before->state, source); !told) return told.error();
  say_resumed(request, *before, source, dir->path());
  if (source.n_open({}) > 0) request.backend->prepare();

  auto pricing = pricing_of(request, model, before->run_json);
  if (!pricing) return pricing.error();
  if (request.limits.budget && pricing->basis == CostBasis::none)
    say("note: no price is known for this model; --budget counts only what the endpoint reports (see --prices, --gpu-hour-usd, --core-hour-usd)");
  auto run = write_run_json(request, model, id, *dir, *pricing, *before);
  if (!run) return run.error();
  if (Status told = tell_begun(*dir, *run, *request.backend); !told) return told.error();
  log_event(dir->path(), typed_command());
  if (Status aside = set_aside_grades(*dir, request.shard, before->state); !aside) return aside.error();
  auto log = open_log(*dir, id, request.shard);
  if (!log) return log.error();
  if (Status logged = log_questions(planned, request.shard, *before, *log); !logged) return logged.error();

  Meter meter(*pricing, {request.limits.budget, *max_seconds}, request.sampling.max_tokens, static_cast<int>(n_processors()));
  auto heartbeats = Journal::open(record_file(dir->path(), "heartbeats", request.shard), "");
  if (!heartbeats) return heartbeats.error();
  Heartbeat heartbeat(std::move(*heartbeats), spent_by(*request.backend, model));
  LoopResult result = run_loop({*dir, before->state, *log, table, stop, request.backend, &source, request.shard, &meter, false}, request.output.no_progress);
  const Description after = request.backend->describe();
  Status timed = heartbeat.finish();
  if (Status logged = log_session(*dir, request, *before, result, after); timed) timed = logged;
  if (const Json* traffic = find_member(after.details, "last_session")) log_event(dir->path(), "traffic: " + dump_json(*traffic));
  if (after.note != model.note) say("note: " + after.note);
  if (!result.status) return loop_error(result.status.error(), before->state.samples.size() + result.counts.completed > 0, dir->path(), signals);
  if (signals.exit_code() != ExitCode::ok) {
    std::string text = interrupted_text(request, result, source, dir->path());
    say(text);
    log_event(dir->path(), text);
    return Session{dir->path(), std::move(result), true};
  }
  if (!timed) return timed.error();
  if (result.limit != LimitReached::none) say_stopped(request, result, source, dir->path());
  if (request.shard.count > 1 && result.limit == LimitReached::none)
    say(fmt::format("shard {}/{} is done; `proctor report {}` when all are", request.shard.index + 1, request.shard.count, dir->path()));
  return Session{dir->path(), std::move(result)};
}

} // namespace

Result<Evaluated> evaluate(EvaluateRequest& request) {
  Description model = request.backend->describe();
  std::string id = run_identity(request, model);
  if (request.args.dry_run) {
    print_dry_run(request, model, id);
    return Evaluated{};
  }
  say_plan(request, model);
  if (request.limits.budget && !(*request.limits.budget > 0)) return usage_error("--budget: an amount above 0 is wanted");
  if (auto checked = pricing_of(request, model, Json()); !checked) return checked.error();
  std::stop_source stop;
  SignalWatch signals(stop);
  auto session = run_session(request, model, id, stop, signals);
  if (!session) return session.error();
  if (session->interrupted) return Evaluated{session->dir, signals.exit_code()};
  if (request.on_graded)
    if (Status done = request.on_graded(session->dir); !done) return done.error();

  // The report reads the log; the questions make room for it, and programs are no longer run.
  request.sandbox->end();
  const std::vector<AskedTask> asked = asked_tasks(request.tasks);
  request.tasks.clear();
  auto code = report_session(session->dir, asked, request.args, request.output);
  if (!code) return code.error();
  const LoopResult& result = session->result;
  ExitCode final_code = strongest({signals.exit_code(), *code, result.limit == LimitReached::none ? ExitCode::ok : ExitCode::budget});
  log_event(session->dir, fmt::format("{} samples in {:.1f} s, exit {}", result.counts.completed, result.seconds, static_cast<int>(final_code)));
  return Evaluated{session->dir, final_code};
}

} // namespace proctor
