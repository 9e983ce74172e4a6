// SPDX-License-Identifier: MIT
#include "tasks/catalog.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "graders/code/code_graders.h"
#include "graders/graders.h"
#include "harness/text/ascii.h"
#include "harness/text/nearest.h"
#include "tasks/dataset.h"
#include "tasks/entry.h"
#include "tasks/generated.h"
#include "tasks/recipes.h"
#include "tasks/select.h"
#include "tasks/task_file.h"

namespace proctor {
namespace {

Entry generic(const std::string& grader, std::string summary) {
  Entry entry{info_of(grader, "generic", grader, std::move(summary))};
  entry.info.generic = true;
  entry.info.source = "recorded completions";
  return entry;
}

Entry generated(const Family& family) {
  Entry entry{info_of(fmt::format("gen/{}", family.name), std::string(family.kind), std::string(family.grader),
                      fmt::format("{}, {} levels", family.summary, family.levels))};
  entry.info.source = fmt::format("generated: {}@{}; {}", family.name, family.version, kBoxSource);
  entry.info.runs_code = family.runs_code();
  entry.version = std::to_string(family.version);
  entry.family = &family;
  return entry;
}

std::vector<Entry> make_table() {
  std::vector<Entry> table;
  for (const Family* family : families()) table.push_back(generated(*family));
  for (auto part : {maths_tasks, code_tasks, logic_tasks})
    for (Entry& entry : part()) table.push_back(std::move(entry));
  table.push_back(generic("math", "recorded answers: any mathematical answer"));
  table.push_back(generic("aime", "recorded answers: an integer 0-999"));
  table.push_back(generic("choice", "recorded answers: an option letter"));
  table.push_back(generic("tag", "recorded answers: the exact text of the last answer tag"));
  table.push_back(generic("exact", "recorded answers: the exact final answer"));
  return table;
}

const std::vector<Entry>& table() {
  static const std::vector<Entry> kTable = make_table();
  return kTable;
}

// "MATH-500", "math_500" and "gpqa:diamond" as "math500", "math500" and "gpqa/diamond".
std::string folded(std::string_view name) {
  std::string result;
  for (char c : trim(name))
    if (c != '-' && c != '_') result += c == ':' ? '/' : to_lower(c);
  return result;
}

const Entry* find_folded(std::string_view name) {
  const std::string wanted = folded(name);
  for (const Entry& entry : table()) {
    if (folded(entry.info.name) == wanted) return &entry;
    for (const std::string& alias : entry.info.aliases)
      if (folded(alias) == wanted) return &entry;
  }
  return nullptr;
}

// A task, with the one level of it that was asked for (0: all).
struct Found {
  const Entry* entry = nullptr;
  int level = 0;
};

// "gen/arith/2" -> gen/arith at level 2. entry is nullptr for a name that is neither a task nor a level of one.
Found find_task(std::string_view name) {
  if (const Entry* entry = find_folded(name)) return {entry, 0};
  const size_t slash = name.rfind('/');
  if (slash == name.npos || name.size() != slash + 2 || !is_digit(name.back())) return {};
  const Entry* entry = find_folded(name.substr(0, slash));
  const int level = name.back() - '0';
  if (entry == nullptr || entry->family == nullptr || level < 1 || level > entry->family->levels) return {};
  return {entry, level};
}

std::string canonical_name(const Found& found) {
  if (found.level == 0) return found.entry->info.name;
  return fmt::format("{}/{}", found.entry->info.name, found.level);
}

// A group holds whole tasks only: knights_knaves, not its sizes again.
bool in_group(const Entry& entry, std::string_view group) {
  if (group == "@r1") return entry.in_r1;
  const std::string_view kind = group == "@math" ? "maths" : group.substr(1);
  return entry.info.kind == kind && !entry.info.generic && !entry.by_name_only;
}

// "gen/2" -> every family that has this level, at it; empty for anything else.
std::vector<std::string> expand_level(std::string_view name) {
  std::vector<std::string> names;
  if (name.size() != 5 || !name.starts_with("gen/") || !is_digit(name.back())) return names;
  const int level = name.back() - '0';
  for (const Entry& entry : table())
    if (entry.family != nullptr && level >= 1 && level <= entry.family->levels) names.push_back(canonical_name({&entry, level}));
  return names;
}

// "gen", "gen/2", "bbh", "@maths" -> every task they stand for; empty for anything else.
std::vector<std::string> expand_group(std::string_view name) {
  const std::string group = folded(name);
  std::vector<std::string> names = expand_level(group);
  for (const Entry& entry : table()) {
    const bool suite = entry.info.name.starts_with(group + "/");
    const bool kind = group.starts_with('@');
    if (suite || (kind && in_group(entry, group))) names.push_back(entry.info.name);
  }
  return names;
}

std::vector<std::string> every_name() {
  std::vector<std::string> names = {"gen", "bbh", "olymmath", "@math", "@logic", "@choice", "@code", "@r1"};
  for (const Entry& entry : table()) {
    names.push_back(entry.info.name);
    names.insert(names.end(), entry.info.aliases.begin(), entry.info.aliases.end());
    for (int level = 1; entry.family != nullptr && level <= entry.family->levels; ++level)
      names.push_back(fmt::format("{}/{}", entry.info.name, level));
  }
  return names;
}

Error unknown_task(std::string_view name) {
  return usage_error(
      fmt::format("unknown task {}{} (proctor ls tasks lists them)", name, did_you_mean(name, every_name())));
}

// --data TASK=FILE takes any spelling of a task's name.
DataOptions with_canonical_names(const DataOptions& given) {
  DataOptions data = given;
  for (const auto& [name, file] : given.files)
    if (const Entry* entry = find_folded(name)) data.files.try_emplace(entry->info.name, file);
  return data;
}

Result<std::vector<std::string>> data_of(const Entry& entry, const TaskOptions& options) {
  return find_data(entry.info.name, entry.forms, with_canonical_names(options.data));
}

// The split that worked examples come from is not the one to measure on.
Status refuse_shot_files(const Entry& entry, const std::vector<std::string>& paths) {
  for (const std::string& path : paths)
    for (const std::string& shots : entry.shots)
      if (std::filesystem::path(path).filename().string().starts_with(shots))
        return usage_error(fmt::format("{}:1: this is the split that examples come from; {} is measured on {}", path,
                                       entry.info.name, entry.info.files.front()));
  return {};
}

// As many worked examples as were asked for.
Result<std::vector<Shot>> load_shots(const Entry& entry, const TaskOptions& options) {
  if (options.shots == 0) return std::vector<Shot>();
  if (options.prompt_style == PromptStyle::r1_zero)
    return usage_error("the R1-Zero template asks without examples; leave out --num-fewshot");
  DataOptions data = with_canonical_names(options.data);
  data.files.erase(entry.info.name); // the file of its questions
  auto paths = entry.shots.empty() ? data_of(entry, options) : find_data(entry.info.name, single_files(entry.shots), data);
  if (!paths) return in_context("worked examples", paths.error());
  auto shots = entry.read_shots(paths->front());
  if (!shots) return shots.error();
  if (shots->size() < static_cast<size_t>(options.shots))
    return usage_error(fmt::format("{}: holds {} worked examples, --num-fewshot asks for {}", paths->front(),
                                   shots->size(), options.shots));
  shots->resize(static_cast<size_t>(options.shots));
  return shots;
}

Status load_data(const Entry& entry, const TaskOptions& options, Task& task) {
  auto paths = data_of(entry, options);
  if (!paths) return paths.error();
  if (Status right = refuse_shot_files(entry, *paths); !right) return right.error();
  auto shots = load_shots(entry, options);
  if (!shots) return shots.error();
  auto questions = load_questions(
      {*paths, entry.read, entry.form, entry.level, entry.belongs, entry.part, std::move(*shots)}, options);
  if (!questions) return in_context("loading " + task.name, questions.error());
  task.questions = std::move(*questions);
  task.shots = options.shots;
  task.source = fmt::format("{}", fmt::join(*paths, ", "));
  return limit_questions(options, task);
}

Status load_generated(const Found& found, const TaskOptions& options, Task& task) {
  auto questions = generate_questions(*found.entry->family, found.level, options);
  if (!questions) return questions.error();
  task.questions = std::move(*questions);
  task.n_available = task.questions.size();
  task.source = fmt::format("generated, seed {}", kFirstEvaluationSeed + options.gen_seed);
  return {};
}

Status load_into(const Found& found, const TaskOptions& options, Task& task) {
  if (options.shots > 0 && found.entry->read_shots == nullptr)
    return usage_error(fmt::format("{}: has no file of worked examples; ask it without --num-fewshot", task.name));
  if (found.entry->family != nullptr) return load_generated(found, options, task);
  if (found.entry->read != nullptr) return load_data(*found.entry, options, task);
  task.source = found.entry->info.source;
  return {};
}

Result<Graders> graders_of(const Entry& entry, const GraderOptions& options) {
  Graders graders;
  auto sandbox = options.sandbox;
  if (entry.info.runs_code && !sandbox) sandbox = make_code_sandbox();
  for (std::string_view name : split(entry.info.grader, ',')) {
    auto grader = entry.info.runs_code ? make_code_grader(name, sandbox) : nullptr;
    graders.push_back(grader ? std::move(grader) : make_grader(name, options));
    if (graders.back() == nullptr)
      return usage_error(fmt::format("{}: this build has no grader {}", entry.info.name, name));
  }
  return graders;
}

Result<Task> load_found(const Found& found, const TaskOptions& options) {
  Task task;
  task.name = canonical_name(found);
  task.version = found.entry->version;
  task.suite = found.entry->suite;
  auto graders = graders_of(*found.entry, options.graders);
  if (!graders) return graders.error();
  task.graders = std::move(*graders);
  if (auto loaded = load_into(found, options, task); !loaded) return loaded.error();
  return task;
}

// A task file, with the data that --data TASK=FILE names for it.
Result<TaskFile> file_with_data(const std::string& path, const TaskOptions& options) {
  auto file = read_task_file(path);
  if (!file) return file;
  if (auto named = options.data.files.find(path); named != options.data.files.end()) file->rows.data = {named->second};
  return file;
}

} // namespace

std::vector<TaskInfo> task_catalog() {
  std::vector<TaskInfo> infos;
  for (const Entry& entry : table()) infos.push_back(entry.info);
  return infos;
}

Result<std::vector<std::string>> resolve_task(std::string_view name) {
  if (is_task_file(name)) {
    auto file = read_task_file(std::string(name));
    if (!file) return file.error();
    return std::vector<std::string>{std::string(name)};
  }
  if (Found found = find_task(name); found.entry != nullptr) return std::vector<std::string>{canonical_name(found)};
  std::vector<std::string> names = expand_group(name);
  if (names.empty()) return unknown_task(name);
  return names;
}

Result<Task> load_task(const std::string& name, const TaskOptions& options) {
  if (is_task_file(name)) {
    auto file = file_with_data(name, options);
    return file ? load_task_file(*file, options) : Result<Task>(file.error());
  }
  Found found = find_task(name);
  return found.entry == nullptr ? unknown_task(name) : load_found(found, options);
}

Result<Task> load_entry(const Entry& entry, const TaskOptions& options) { return load_found({&entry, 0}, options); }

bool runs_code(const std::string& name) {
  if (is_task_file(name)) {
    auto file = read_task_file(name);
    return file && definition_runs_code({{"grader", file->grader}});
  }
  Found found = find_task(name);
  return found.entry != nullptr && found.entry->info.runs_code;
}

Result<std::vector<std::string>> task_data_files(const std::string& name, const TaskOptions& options) {
  if (is_task_file(name)) {
    auto file = file_with_data(name, options);
    if (!file) return file.error();
    return file->rows.data;
  }
  Found found = find_task(name);
  if (found.entry == nullptr) return unknown_task(name);
  if (found.entry->read == nullptr) return std::vector<std::string>();
  return data_of(*found.entry, options);
}

bool task_data_available(const std::string& name, const TaskOptions& options) {
  if (is_task_file(name)) return true;
  Found found = find_task(name);
  if (found.entry == nullptr) return false;
  return found.entry->read == nullptr || data_of(*found.entry, options).has_value();
}

Result<Graders> task_graders(const std::string& name, const GraderOptions& options) {
  Found found = find_task(name);
  if (found.entry == nullptr) return unknown_task(name);
  return graders_of(*found.entry, options);
}

} // namespace proctor
