// SPDX-License-Identifier: MIT
// proctor manual: the tables of commands and options, as the parser knows them.
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cmd.h"

namespace proctor {
namespace {

// A table cell: pipes would end it.
std::string cell(std::string text) {
  for (size_t at = text.find('|'); at != text.npos; at = text.find('|', at + 2)) text.insert(at, 1, '\\');
  return text;
}

std::string meaning(const OptionInfo& option) {
  return option.help + (option.default_value.empty() ? "" : fmt::format(" (default {})", option.default_value));
}

void print_command(const CommandInfo& command) {
  fmt::print("\n## proctor {}\n\n{}.\n\n| option | value | meaning |\n|---|---|---|\n", command.name, command.summary);
  for (const OptionInfo& option : command.options)
    fmt::print("| `{}` | {} | {} |\n", cell(fmt::format("{}", fmt::join(option.names, ", "))), cell(option.value_name), cell(meaning(option)));
}

} // namespace

CommandBody add_manual_command(CommandLine& command) {
  return [&command]() -> Result<ExitCode> {
    std::vector<CommandInfo> commands = command.program().commands();
    fmt::print("# Commands and options\n\nWritten by `proctor manual`; a test holds this page against the parser.\n\n"
               "| command | what it does |\n|---|---|\n");
    for (const CommandInfo& info : commands) fmt::print("| `proctor {}` | {} |\n", info.name, info.summary);
    for (const CommandInfo& info : commands) print_command(info);
    return ExitCode::ok;
  };
}

} // namespace proctor
