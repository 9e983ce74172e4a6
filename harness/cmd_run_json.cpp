// SPDX-License-Identifier: MIT
#include "harness/cmd_run_json.h"

#include <algorithm>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sys/utsname.h>
#include <thread>

#include "graders/code/code_sandbox.h"
#include "harness/cmd_sandbox_facts.h"
#include "harness/hash.h"
#include "harness/run_reader.h"
#include "harness/secrets.h"
#include "harness/text/ascii.h"
#include "tasks/catalog.h"
#include "tasks/task_file.h"

#ifndef PROCTOR_VERSION
#define PROCTOR_VERSION "unknown"
#endif

namespace proctor {
namespace {

Json host_json() {
  utsname names{};
  uname(&names);
  return {{"name", names.nodename},
          {"kernel", names.release},
          {"machine", names.machine},
          {"cpus", std::thread::hardware_concurrency()}};
}

Json tasks_json(const EvaluateRequest& request) {
  Json tasks = Json::object();
  for (const LoadedTask& loaded : request.tasks) {
    Json graders = Json::object();
    for (const auto& grader : loaded.task.graders) graders[std::string(grader->slot())] = grader->fingerprint();
    tasks[loaded.task.name] = {{"version", loaded.task.version},
                               {"hash", content_hash(loaded.task)},
                               {"source", loaded.task.source},
                               {"shots", loaded.task.shots},
                               {"graders", graders}};
    if (!loaded.task.suite.empty()) tasks[loaded.task.name]["suite"] = loaded.task.suite;
    if (!loaded.definition.is_null()) tasks[loaded.task.name]["task_file"] = loaded.definition;
  }
  return tasks;
}

Json plan_json(const EvaluateRequest& request) {
  Json plan = Json::object();
  for (const LoadedTask& loaded : request.tasks) {
    plan[loaded.task.name] = {{"n_questions", loaded.task.questions.size()},
                              {"n_samples", loaded.most_samples()},
                              {"n_available", loaded.task.n_available}};
    if (request.adaptive)
      plan[loaded.task.name]["adaptive"] = to_json(AdaptivePlan{*request.adaptive, request.adaptive->prefix(loaded.most_samples())});
  }
  return plan;
}

// A run that was asked for more in an earlier session keeps that plan.
void widen(Json& now, const Json& before, const Held& held) {
  if (!before.is_object()) return;
  for (auto& [task, old] : before.items()) {
    if (!now.contains(task)) {
      now[task] = old;
      continue;
    }
    auto holds = [](const Json& a, const Json& b) {
      for (const char* key : {"n_questions", "n_samples"})
        if (get_int(a, key).value_or(0) < get_int(b, key).value_or(0)) return false;
      return true;
    };
    set_adaptive(now[task], plan_after(session_plan(old), session_plan(now[task]), [&held, &name = task](int n) { return held(name, n); }));
    if (const Json* ended = find_member(old, "ended_after")) now[task]["ended_after"] = *ended;
    if (!holds(old, now[task])) continue;
    for (const char* key : {"n_questions", "n_samples", "n_available"})
      if (const Json* kept = find_member(old, key)) now[task][key] = *kept;
  }
}

// {"api_key":"abc"}, also after an option's name and '=' -> {"api_key":"***"}; nullopt: there is no document in it.
std::optional<std::string> json_without_secrets(std::string_view word) {
  size_t begin = word.find('{');
  if (begin == word.npos || (begin > 0 && word[begin - 1] != '=')) return std::nullopt;
  Json document = parse_json_quietly(word.substr(begin));
  if (document.is_discarded()) return std::nullopt;
  return std::string(word.substr(0, begin)) + dump_json(without_secrets(std::move(document)));
}

// api_key=abc,n=1 -> api_key=***,n=1
std::string words_without_secrets(std::string_view word) {
  if (auto document = json_without_secrets(word)) return *document;
  std::string text;
  for (std::string_view part : split(word, ',')) {
    if (!text.empty()) text += ',';
    size_t equals = part.find('=');
    bool secret = equals != part.npos && looks_secret(part.substr(0, equals));
    text += secret ? std::string(part.substr(0, equals)) + "=***" : std::string(part);
  }
  return text;
}

// {"limit":"40","fresh":true,"tasks":["gen"]}: every option that was typed or has a default.
Json asked_json(const std::vector<OptionValue>& options) {
  Json asked = Json::object();
  for (const OptionValue& option : options) {
    if (option.values.empty()) continue;
    Json values = Json::array();
    for (const std::string& value : option.values) values.push_back(words_without_secrets(value));
    asked[option.name] = option.flag ? Json(true) : option.list ? values : values.back();
  }
  return asked;
}

std::string shell_quoted(const std::string& word) {
  bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-_./:=,@%+").find(c) != std::string_view::npos;
  });
  if (plain) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

} // namespace

SessionPlan session_plan(const Json& plan) { return {static_cast<int>(get_int(plan, "n_samples").value_or(0)), adaptive_of(plan)}; }

void set_adaptive(Json& plan, const std::optional<AdaptivePlan>& adaptive) {
  if (adaptive) plan["adaptive"] = to_json(*adaptive);
  else plan.erase("adaptive");
}

std::string run_identity(const EvaluateRequest& request, const Description& model) {
  return hash_hex({"proctor.run/1", model.digest, request.system, std::to_string(request.seed),
                   dump_json(to_json(request.sampling))})
      .substr(0, 12);
}

Json make_run_json(const EvaluateRequest& request, const Description& model, const std::string& id,
                   const Json& before, const Pricing& pricing, const Held& held) {
  Json run = {
      {"schema", kRunSchema},
      {"id", id},
      {"created", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
      {"command", typed_command()},
      {"proctor_version", PROCTOR_VERSION},
      {"model", {{"name", model.name}, {"digest", model.digest}, {"note", model.note}, {"details", model.details}}},
      {"options",
       {{"seed", request.seed},
        {"gen_seed", request.gen_seed},
        {"system", words_without_secrets(request.system)},
        {"preset", request.preset},
        {"reference", request.reference},
        {"sampling", to_json(request.sampling)}}},
      {"asked", asked_json(request.asked)},
      {"tasks", tasks_json(request)},
      {"plan", plan_json(request)},
      {"host", host_json()},
      {"seconds", 0.0}};
  if (auto attested = sandbox_json(*request.sandbox)) run["sandbox"] = *attested;
  else if (const Json* kept = find_member(before, "sandbox")) run["sandbox"] = *kept;
  if (pricing.basis != CostBasis::none) run["pricing"] = to_json(pricing);
  if (!before.is_object()) return run;
  if (auto created = get_string(before, "created")) run["created"] = *created;
  if (auto seconds = get_number(before, "seconds")) run["seconds"] = *seconds;
  for (const char* key : {"core_seconds", "step_seconds", "gpu_seconds", "activity", "pricing"})
    if (const Json* kept = find_member(before, key); kept != nullptr && !run.contains(key)) run[key] = *kept;
  if (const Json* tasks = find_member(before, "tasks"); tasks != nullptr && tasks->is_object())
    for (auto& [task, old] : tasks->items())
      if (!run["tasks"].contains(task)) run["tasks"][task] = old;
  if (const Json* plan = find_member(before, "plan")) widen(run["plan"], *plan, held);
  return run;
}

namespace {

// The definition of a task file, as the run keeps it; nullptr for a task of the catalog.
const Json* definition_in(const Json& run, const std::string& task) {
  const Json* tasks = find_member(run, "tasks");
  const Json* entry = tasks == nullptr ? nullptr : find_member(*tasks, task);
  return entry == nullptr ? nullptr : find_member(*entry, "task_file");
}

} // namespace

Result<Graders> graders_in_run(const Json& run, const std::string& task, const GraderOptions& options) {
  const Json* definition = definition_in(run, task);
  return definition == nullptr ? task_graders(task, options) : graders_of_definition(*definition, options);
}

bool runs_code_in_run(const Json& run, const std::string& task) {
  const Json* definition = definition_in(run, task);
  return definition == nullptr ? runs_code(task) : definition_runs_code(*definition);
}

std::optional<Json> sandbox_json(const CodeSandbox& sandbox) {
  if (sandbox.started() == nullptr) return std::nullopt;
  Json attested = to_json(sandbox.started()->attestation());
  attested["limits"] = limits_json(code_limits(0));
  for (const char* key : {"cpu_s", "wall_s"}) attested["limits"].erase(key); // of each task
  return attested;
}

std::string typed_command() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string raw((std::istreambuf_iterator<char>(file)), {});
  if (raw.ends_with('\0')) raw.pop_back();
  std::string command = "proctor";
  bool first = true, hide_next = false;
  for (std::string_view word : split(raw, '\0')) {
    if (!std::exchange(first, false)) command += " " + (hide_next ? "***" : shell_quoted(words_without_secrets(word)));
    hide_next = word.starts_with('-') && word.find('=') == word.npos && looks_secret(word) && !word.ends_with("-env");
  }
  return command;
}

} // namespace proctor
