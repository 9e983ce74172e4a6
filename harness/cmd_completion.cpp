// SPDX-License-Identifier: MIT
// proctor completion: shell completion scripts made from the parser, so that they never lag behind it.
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>

#include "harness/cmd.h"
#include "tasks/catalog.h"

namespace proctor {
namespace {

std::string task_names() {
  std::vector<std::string> names;
  for (const TaskInfo& task : task_catalog()) names.push_back(task.name);
  return fmt::format("{}", fmt::join(names, " "));
}

// Every spelling of every option of a command.
std::string options_of(const CommandInfo& command) {
  std::string names;
  for (const OptionInfo& option : command.options)
    if (!option.positional) names += fmt::format("{}{}", names.empty() ? "" : " ", fmt::join(option.names, " "));
  return names;
}

// zsh reads the same script through bashcompinit.
void print_bash(const std::vector<CommandInfo>& commands, bool zsh) {
  if (zsh) fmt::print("autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n");
  fmt::print("_proctor() {{\n  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=\n"
             "  case $before in\n    -t|--tasks|--task) words=\"{}\" ;;\n    *) case ${{COMP_WORDS[1]}} in\n",
             task_names());
  std::string names;
  for (const CommandInfo& command : commands) {
    fmt::print("      {}) words=\"{}\" ;;\n", command.name, options_of(command));
    names += command.name + " ";
  }
  fmt::print("    esac ;;\n  esac\n  [ \"$COMP_CWORD\" -eq 1 ] && words=\"{}\"\n"
             "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}}\ncomplete -o default -F _proctor proctor\n",
             names);
}

void print_fish(const std::vector<CommandInfo>& commands) {
  for (const CommandInfo& command : commands) {
    fmt::print("complete -c proctor -n __fish_use_subcommand -a {} -d '{}'\n", command.name, command.summary);
    for (const OptionInfo& option : command.options)
      for (const std::string& name : option.names)
        if (name.starts_with("--"))
          fmt::print("complete -c proctor -n '__fish_seen_subcommand_from {}' -l {}\n", command.name, name.substr(2));
  }
  fmt::print("complete -c proctor -s t -l tasks -x -a '{}'\n", task_names());
}

} // namespace

CommandBody add_completion_command(CommandLine& command) {
  auto shell = std::make_shared<std::string>();
  command.option("shell", *shell, "bash, zsh or fish").required().value_name("SHELL");
  command.examples("Example:\n  proctor completion bash > ~/.local/share/bash-completion/completions/proctor");
  return [shell, &command]() -> Result<ExitCode> {
    std::vector<CommandInfo> commands = command.program().commands();
    if (*shell == "bash" || *shell == "zsh")
      print_bash(commands, *shell == "zsh");
    else if (*shell == "fish")
      print_fish(commands);
    else
      return usage_error(fmt::format("no completion for {}; there are bash, zsh and fish", *shell));
    return ExitCode::ok;
  };
}

} // namespace proctor
