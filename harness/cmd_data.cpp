// SPDX-License-Identifier: MIT
// proctor data: pull, ls and verify benchmark files.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "harness/cmd.h"
#include "harness/cmd_fetch.h"
#include "harness/cmd_options.h"
#include "harness/json.h"
#include "harness/say.h"
#include "harness/text/nearest.h"
#include "tasks/catalog.h"
#include "tasks/data_check.h"
#include "tasks/dataset.h"
#include "tasks/sources.h"

namespace fs = std::filesystem;

namespace proctor {
namespace {

struct DataArgs {
  std::string what;
  std::vector<std::string> names;
  std::string output;
  int jobs = 4;
  bool again = false, unpinned = false, json = false;
  QuestionArgs questions;
};

struct Chosen {
  std::string task;
  bool by_itself; // not one of a group: its data has to be there
};

// Names of tasks, suites and groups as tasks; every task with data where none is named.
Result<std::vector<Chosen>> chosen_tasks(const std::vector<std::string>& names) {
  std::vector<Chosen> chosen;
  for (const std::string& name : names) {
    auto tasks = resolve_task(name);
    if (!tasks) return tasks.error();
    for (std::string& task : *tasks)
      if (std::ranges::find(chosen, task, &Chosen::task) == chosen.end())
        chosen.push_back({std::move(task), tasks->size() == 1});
  }
  if (names.empty())
    for (const TaskInfo& info : task_catalog())
      if (!info.files.empty()) chosen.push_back({info.name, false});
  return chosen;
}

std::string data_folder(const DataArgs& args) {
  if (!args.output.empty()) return args.output;
  return data_cache_dir();
}

// --- pull ---

struct Pulled {
  const DataSource* source = nullptr;
  std::string sha256;
  size_t n_bytes = 0, n_rows = 0; // n_rows 0: worked examples
  bool was_there = false;
};

// The content's hash, where it is the pinned one or none is pinned.
Result<std::string> checked_hash(const DataSource& source, const std::string& path, bool unpinned) {
  auto hash = sha256_of_content(path);
  if (!hash || source.sha256.empty() || unpinned || *hash == source.sha256) return hash;
  std::error_code error;
  fs::rename(path, path + ".unpinned", error);
  return usage_error(
      fmt::format("{}: upstream's file differs from the pinned one (sha256 {} instead of {}); it is kept "
                  "as {}.unpinned, and --unpinned takes it",
                  source.origin, hash->substr(0, 16), source.sha256.substr(0, 16), path));
}

// Worked examples of BBH are prose.
Result<size_t> count_rows(const DataSource& source, const std::string& path) {
  if (source.origin.find("/cot-prompts/") != source.origin.npos) return size_t{0};
  auto rows = read_rows(path, source.file.ends_with(".txt") ? FileForm::logiqa : FileForm::python_json);
  if (rows) return rows->size();
  return in_context(fmt::format("{}: what came is not data", source.origin), rows.error());
}

Result<Pulled> pull_one(const DataSource& source, const DataArgs& args) {
  const std::string path = (fs::path(data_folder(args)) / source.file).string();
  std::error_code error;
  Pulled pulled;
  pulled.source = &source;
  pulled.was_there = !args.again && fs::exists(path, error);
  if (!pulled.was_there) {
    FetchOptions options;
    if (const char* token = std::getenv("HF_TOKEN")) options.token = token;
    if (Status got = fetch_origin(source.origin, path, options); !got) return got.error();
  }
  auto hash = checked_hash(source, path, args.unpinned);
  if (!hash) return hash.error();
  pulled.sha256 = std::move(*hash);
  pulled.n_bytes = fs::file_size(path, error);
  if (pulled.was_there) return pulled;
  auto n_rows = count_rows(source, path);
  if (!n_rows) {
    fs::remove(path, error);
    return n_rows.error();
  }
  pulled.n_rows = *n_rows;
  if (Status written = write_origin(path, source.origin, source.licence, pulled.sha256); !written)
    return written.error();
  return pulled;
}

void print_pulled(const Pulled& pulled, bool json) {
  const DataSource& source = *pulled.source;
  if (json) {
    fmt::print("{}\n", dump_json({{"file", source.file},
                                  {"origin", source.origin},
                                  {"licence", source.licence},
                                  {"sha256", pulled.sha256},
                                  {"pinned", pulled.sha256 == source.sha256},
                                  {"bytes", pulled.n_bytes},
                                  {"was_there", pulled.was_there}}));
    return;
  }
  std::string what = pulled.was_there ? "is there" : fmt::format("{} bytes", pulled.n_bytes);
  if (pulled.n_rows > 0) what += fmt::format(", {} rows", pulled.n_rows);
  fmt::print("{}  {}  licence {}  from {}  sha256 {}{}\n", source.file, what, source.licence, source.origin,
             pulled.sha256.substr(0, 16), pulled.sha256 == source.sha256 ? " as pinned" : ", not pinned");
}

// One file each, though several tasks read it. What a name that is an origin needs lives in `texts`.
struct Wanted {
  std::vector<DataSource> sources;
  std::deque<std::string> texts;
  std::set<std::string, std::less<>> files;

  void add(const DataSource& source) {
    if (files.emplace(source.file).second) sources.push_back(source);
  }
};

Status add_origin(const std::string& origin, Wanted& wanted) {
  if (auto url = url_of_origin(origin); !url) return url.error();
  const std::string& file = wanted.texts.emplace_back(file_of_origin(origin));
  if (file.empty()) return usage_error(fmt::format("{}: names no file", origin));
  const std::string& kept = wanted.texts.emplace_back(origin);
  wanted.add({"", file, kept, "", "not known: see its page"});
  return {};
}

Status add_tasks(const std::string& name, Wanted& wanted) {
  auto tasks = resolve_task(name);
  if (!tasks) return tasks.error();
  for (const std::string& task : *tasks) {
    auto sources = sources_of(task);
    if (sources.empty() && tasks->size() == 1)
      return usage_error(
          fmt::format("{}: there is no place to pull it from; bring its file along with --data {}=FILE", task, task));
    for (const DataSource& source : sources) wanted.add(source);
  }
  return {};
}

Result<Wanted> wanted_sources(const DataArgs& args) {
  if (args.names.empty()) return usage_error("data pull: name tasks or groups: proctor data pull gsm8k @logic");
  Wanted wanted;
  for (const std::string& name : args.names)
    if (Status added = is_origin(name) ? add_origin(name, wanted) : add_tasks(name, wanted); !added)
      return added.error();
  return wanted;
}

Result<ExitCode> pull(const DataArgs& args) {
  auto wanted = wanted_sources(args);
  if (!wanted) return wanted.error();
  const std::vector<DataSource>& sources = wanted->sources;
  say(fmt::format("pulling {} files into {}", sources.size(), data_folder(args)));
  std::atomic<size_t> next = 0;
  std::mutex mutex; // guards what follows and the output
  std::optional<Error> first;
  size_t n_failed = 0;
  auto work = [&] {
    for (size_t i; (i = next++) < sources.size();) {
      auto pulled = pull_one(sources[i], args);
      std::lock_guard lock(mutex);
      if (pulled) {
        print_pulled(*pulled, args.json);
        continue;
      }
      if (n_failed++ > 0)
        say("also failed: " + pulled.error().message);
      else
        first = pulled.error();
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 1; i < std::min<int>(args.jobs, static_cast<int>(sources.size())); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  if (!first) return ExitCode::ok;
  if (n_failed > 1) first->message += fmt::format(" (and {} more of {} files failed)", n_failed - 1, sources.size());
  return *first;
}

// --- ls ---

Result<ExitCode> list(const DataArgs& args) {
  auto chosen = chosen_tasks(args.names);
  if (!chosen) return chosen.error();
  for (const auto& [task, by_itself] : *chosen) {
    auto options = args.questions.task_options(task);
    if (!options) return options.error();
    auto found = task_data_files(task, *options);
    auto sources = sources_of(task);
    std::string files;
    if (found)
      for (const std::string& path : *found) files += (files.empty() ? "" : " ") + path;
    if (args.json) {
      Json row = {{"task", task}, {"files", found ? Json(*found) : Json::array()}, {"sources", Json::array()}};
      for (const DataSource& source : sources)
        row["sources"].push_back({{"file", source.file},
                                  {"origin", source.origin},
                                  {"licence", source.licence},
                                  {"sha256", source.sha256}});
      fmt::print("{}\n", dump_json(row));
      continue;
    }
    std::string where = sources.empty()
                            ? "bring it along"
                            : fmt::format("{}  licence {}", sources.front().origin, sources.front().licence);
    fmt::print("{:<42} {:<40} {}\n", task, files.empty() ? "-" : files, where);
  }
  return ExitCode::ok;
}

// --- verify ---

struct Verified {
  size_t n_tasks = 0, n_golds = 0, n_flaws = 0, n_without = 0, n_changed = 0;
};

Status verify_one(const std::string& name, const DataArgs& args, Verified& all) {
  auto options = args.questions.task_options(name);
  if (!options) return options.error();
  auto files = task_data_files(name, *options);
  if (!files) return files.error();
  auto task = load_task(name, *options);
  if (!task) return task.error();
  std::vector<std::string> notes = changed_notes(*files);
  GoldCheck check = check_golds(*task);
  ++all.n_tasks;
  all.n_golds += check.n_checked;
  all.n_flaws += check.flaws.size();
  all.n_without += check.n_without;
  all.n_changed += notes.size();
  if (args.json) {
    Json flaws = Json::array();
    for (const GoldFlaw& flaw : check.flaws)
      flaws.push_back({{"doc_id", flaw.doc_id},
                       {"target", flaw.target},
                       {"verdict", flaw.verdict},
                       {"explanation", flaw.explanation}});
    Json hashes = Json::object();
    for (const std::string& path : *files)
      if (auto hash = sha256_of_content(path)) hashes[path] = *hash;
    fmt::print("{}\n", dump_json({{"task", name},
                                  {"questions", task->questions.size()},
                                  {"golds", check.n_checked},
                                  {"without_reference", check.n_without},
                                  {"flaws", flaws},
                                  {"sha256", hashes},
                                  {"unpinned", notes}}));
    return {};
  }
  fmt::print("{:<42} {:>5} questions, {} of {} golds pass{}\n", name, task->questions.size(),
             check.n_checked - check.flaws.size(), check.n_checked,
             check.n_without > 0 ? fmt::format(", {} have no reference answer", check.n_without) : "");
  for (const GoldFlaw& flaw : check.flaws)
    fmt::print("  {}: {} is {}: {}\n", flaw.doc_id, flaw.target, flaw.verdict, flaw.explanation);
  for (const std::string& note : notes) fmt::print("  note: {}\n", note);
  return {};
}

Result<ExitCode> verify(const DataArgs& args) {
  auto chosen = chosen_tasks(args.names);
  if (!chosen) return chosen.error();
  std::vector<TaskSpec> specs;
  for (const auto& [task, by_itself] : *chosen) {
    auto options = args.questions.task_options(task);
    if (!options) return options.error();
    if (!by_itself && !task_data_available(task, *options)) continue;
    specs.push_back({task, std::nullopt});
  }
  if (specs.empty())
    return usage_error("data verify: no benchmark's file is there; name a folder with --data DIR or pull some");
  if (Status ready = args.questions.start_sandbox(specs); !ready) return ready.error();
  Verified all;
  for (const TaskSpec& spec : specs)
    if (Status verified = verify_one(spec.name, args, all); !verified) return verified.error();
  say(fmt::format("{} tasks: {} of {} reference answers pass their own grader, {} have none, {} files differ from "
                  "the pinned ones",
                  all.n_tasks, all.n_golds - all.n_flaws, all.n_golds, all.n_without, all.n_changed));
  return all.n_flaws == 0 ? ExitCode::ok : ExitCode::failed;
}

Result<ExitCode> data_command(const DataArgs& args) {
  if (args.what == "pull") return pull(args);
  if (args.what == "ls") return list(args);
  if (args.what == "verify") return verify(args);
  const std::vector<std::string> known = {"pull", "ls", "verify"};
  return usage_error(
      fmt::format("data {}: there are {}{}", args.what, fmt::join(known, ", "), did_you_mean(args.what, known)));
}

} // namespace

CommandBody add_data_command(CommandLine& command) {
  auto args = std::make_shared<DataArgs>();
  command.option("what", args->what, "pull, ls or verify").required().value_name("WHAT");
  command
      .option("name", args->names,
              "Tasks, suites or groups (verify and ls: default all); pull also takes hf:OWNER/DATASET/PATH, "
              "hf-rows:..., github:... and URLs")
      .value_name("NAME");
  command
      .option("-o,--output", args->output,
              "Where pulled files go (default: $PROCTOR_CACHE/data, else ~/.cache/proctor/data)")
      .value_name("DIR");
  command.option("-j,--jobs", args->jobs, "Files pulled at once").value_name("N").positive().show_default();
  command.flag("--again", args->again, "Pull files that are there already");
  command.flag("--unpinned", args->unpinned, "Take a file although its sha256 is not the pinned one");
  command.flag("--json", args->json, "One JSON object a task (pull: a file)");
  args->questions.add_data_to(command);
  command.examples("Examples:\n  proctor data pull gsm8k aime24 @logic\n  proctor data verify --data benchmarks/\n  "
                   "HF_TOKEN=... proctor data pull gpqa_diamond");
  return [args] { return data_command(*args); };
}

} // namespace proctor
