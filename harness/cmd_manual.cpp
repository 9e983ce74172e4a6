// SPDX-License-Identifier: MIT
#include "harness/cmd_manual.h"

#include <cstdio>
#include <fmt/format.h>

#include "harness/cmd.h"

namespace proctor {
namespace {

std::string spelled(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// A table cell: pipes would end it.
std::string cell(std::string text) {
  for (size_t at = text.find('|'); at != text.npos; at = text.find('|', at + 2)) text.insert(at, 1, '\\');
  return text;
}

void print_command(const CLI::App& command) {
  fmt::print("\n## proctor {}\n\n{}.\n\n| option | value | meaning |\n|---|---|---|\n", command.get_name(),
             command.get_description());
  for (const CLI::Option* option : command.get_options()) {
    std::string name = spelled(*option).empty() ? option->get_name() : spelled(*option);
    std::string type = option->get_items_expected_max() == 0 ? "" : option->get_type_name();
    fmt::print("| `{}` | {} | {} |\n", cell(name), cell(type), cell(option->get_description()));
  }
}

} // namespace

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

CommandBody add_manual_command(CLI::App& command) {
  return [&command]() -> Result<ExitCode> {
    const CLI::App& root = *command.get_parent();
    fmt::print("# Commands and options\n\nWritten by `proctor manual`; a test holds this page against the parser.\n\n"
               "| command | what it does |\n|---|---|\n");
    for (const CLI::App* sub : root.get_subcommands({}))
      fmt::print("| `proctor {}` | {} |\n", sub->get_name(), sub->get_description());
    for (const CLI::App* sub : root.get_subcommands({})) print_command(*sub);
    return ExitCode::ok;
  };
}

} // namespace proctor
