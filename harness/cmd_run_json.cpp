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

#include "harness/hash.h"
#include "harness/secrets.h"
#include "harness/text/ascii.h"

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
                               {"graders", graders}};
  }
  return tasks;
}

Json plan_json(const EvaluateRequest& request) {
  Json plan = Json::object();
  for (const LoadedTask& loaded : request.tasks) {
    plan[loaded.task.name] = {{"n_questions", loaded.task.questions.size()},
                              {"n_samples", loaded.most_samples()},
                              {"n_available", loaded.available_questions}};
  }
  return plan;
}

// A run that was asked for more in an earlier session keeps that plan.
void widen(Json& now, const Json& before) {
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
    if (holds(old, now[task])) now[task] = old;
  }
}

// {"api_key":"abc"}, also after an option's name and '=' -> {"api_key":"***"}; nullopt: there is no document in it.
std::optional<std::string> json_without_secrets(std::string_view word) {
  size_t begin = word.find('{');
  if (begin == word.npos || (begin > 0 && word[begin - 1] != '=')) return std::nullopt;
  Json document = Json::parse(word.substr(begin), nullptr, false);
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

std::string run_identity(const EvaluateRequest& request, const Description& model) {
  return hash_hex({"proctor.run/1", model.digest, request.system, std::to_string(request.seed),
                   dump_json(to_json(request.sampling))})
      .substr(0, 12);
}

Json make_run_json(const EvaluateRequest& request, const Description& model, const std::string& id,
                   const Json& before) {
  Json run = {
      {"schema", "proctor.run/1"},
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
        {"sampling", to_json(request.sampling)}}},
      {"tasks", tasks_json(request)},
      {"plan", plan_json(request)},
      {"host", host_json()},
      {"seconds", 0.0}};
  if (!before.is_object()) return run;
  if (auto created = get_string(before, "created")) run["created"] = *created;
  if (auto seconds = get_number(before, "seconds")) run["seconds"] = *seconds;
  for (const char* key : {"core_seconds", "activity"})
    if (const Json* kept = find_member(before, key)) run[key] = *kept;
  if (const Json* tasks = find_member(before, "tasks"); tasks != nullptr && tasks->is_object())
    for (auto& [task, old] : tasks->items())
      if (!run["tasks"].contains(task)) run["tasks"][task] = old;
  if (const Json* plan = find_member(before, "plan")) widen(run["plan"], *plan);
  return run;
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
