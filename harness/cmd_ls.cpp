// SPDX-License-Identifier: MIT
// proctor ls: tasks, models, runs, graders.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <memory>

#include "graders/code/code_graders.h"
#include "graders/graders.h"
#include "harness/cmd.h"
#include "harness/cmd_models.h"
#include "harness/cmd_options.h"
#include "harness/run_reader.h"
#include "harness/say.h"
#include "harness/text/nearest.h"
#include "tasks/catalog.h"

namespace proctor {
namespace {

struct LsArgs {
  std::string what;
  bool json = false;
  std::string output = "runs";
  QuestionArgs questions;
};

// Rows with equal keys; with --json one object a line, else a table with the keys as headings. A list cell is joined.
void print_rows(const std::vector<Json>& rows, bool json) {
  if (json || rows.empty()) {
    for (const Json& row : rows) fmt::print("{}\n", dump_json(row));
    return;
  }
  auto cell = [](const Json& value) {
    if (!value.is_array()) return one_line_text(scalar_text(value).value_or(""));
    std::string text;
    for (const Json& item : value) text += (text.empty() ? "" : " ") + scalar_text(item).value_or("");
    return text;
  };
  std::vector<size_t> widths;
  for (auto& [key, value] : rows.front().items()) {
    size_t width = key.size();
    for (const Json& row : rows) width = std::max(width, cell(row[key]).size());
    widths.push_back(width);
  }
  auto print_line = [&](auto text_of) {
    std::string line;
    size_t column = 0;
    for (auto& [key, value] : rows.front().items()) line += fmt::format("{:<{}}  ", text_of(key), widths[column++]);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  };
  print_line([](const std::string& key) { return key; });
  for (const Json& row : rows) print_line([&](const std::string& key) { return cell(row[key]); });
}

Result<std::vector<Json>> task_rows(const LsArgs& args) {
  std::vector<Json> rows;
  for (const TaskInfo& task : task_catalog()) {
    auto options = args.questions.task_options(task.name);
    if (!options) return options.error();
    std::string data = task.generic                               ? "recorded"
                       : task.files.empty()                       ? "generated"
                       : task_data_available(task.name, *options) ? "found"
                                                                  : "-";
    Json row = {{"task", task.name}, {"kind", task.kind}, {"data", data}, {"summary", task.summary}};
    if (args.json) {
      row["aliases"] = task.aliases;
      row["files"] = task.files;
      row["source"] = task.source;
      row["grader"] = task.grader;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Json> model_rows() {
  std::vector<Json> rows;
  for (const ModelInfo& model : model_catalog())
    rows.push_back({{"model", model.spelling}, {"summary", model.summary}});
  return rows;
}

std::vector<Json> grader_rows() {
  std::vector<Json> rows;
  for (const auto& catalog : {grader_catalog(), code_grader_catalog()})
    for (const GraderInfo& grader : catalog) rows.push_back({{"grader", grader.name}, {"summary", grader.summary}});
  return rows;
}

std::vector<Json> run_rows(const std::string& root) {
  std::vector<Json> rows;
  std::error_code error;
  std::vector<std::string> dirs;
  for (const auto& entry : std::filesystem::directory_iterator(root, error))
    if (!entry.is_symlink() && std::filesystem::exists(entry.path() / "run.json", error))
      dirs.push_back(entry.path().string());
  std::sort(dirs.begin(), dirs.end());
  for (const std::string& dir : dirs) {
    auto reader = RunReader::open(dir);
    if (!reader) continue; // a damaged run is not listed; report names what is wrong with it
    const Json& run = reader->run_json();
    std::vector<std::string> tasks;
    if (const Json* planned = find_member(run, "plan"); planned != nullptr && planned->is_object())
      for (auto& [task, plan] : planned->items())
        tasks.push_back(fmt::format("{}:{}", task, get_int(plan, "n_samples").value_or(0)));
    const Json* model = find_member(run, "model");
    rows.push_back({{"run", dir},
                    {"model", model == nullptr ? "" : get_string(*model, "name").value_or("")},
                    {"created", get_string(run, "created").value_or("")},
                    {"tasks", tasks}});
  }
  return rows;
}

Result<ExitCode> list_runs(const LsArgs& args) {
  auto rows = run_rows(args.output);
  print_rows(rows, args.json);
  if (rows.empty()) say(fmt::format("note: no runs in {} (-o DIR names another folder)", args.output));
  return ExitCode::ok;
}

Result<ExitCode> ls_command(const LsArgs& args) {
  if (args.what == "tasks") {
    auto rows = task_rows(args);
    if (!rows) return rows.error();
    print_rows(*rows, args.json);
  } else if (args.what == "models")
    print_rows(model_rows(), args.json);
  else if (args.what == "graders")
    print_rows(grader_rows(), args.json);
  else if (args.what == "runs")
    return list_runs(args);
  else {
    const std::vector<std::string> known = {"tasks", "models", "runs", "graders"};
    return usage_error(
        fmt::format("ls {}: there are {}{}", args.what, fmt::join(known, ", "), did_you_mean(args.what, known)));
  }
  return ExitCode::ok;
}

} // namespace

CommandBody add_ls_command(CommandLine& command) {
  auto args = std::make_shared<LsArgs>();
  command.option("what", args->what, "tasks, models, runs or graders").required().value_name("WHAT");
  command.flag("--json", args->json, "One JSON object a line, with all that is known");
  command.option("-o,--output", args->output, "Folder of all run directories").value_name("DIR").show_default();
  args->questions.add_data_to(command);
  command.examples("Examples:\n  proctor ls tasks --data benchmarks/\n  proctor ls runs");
  return [args] { return ls_command(*args); };
}

} // namespace proctor
