// SPDX-License-Identifier: MIT
// proctor completion: shell completion scripts made from the parser, so that they never lag behind it.
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_manual.h"
#include "harness/text/nearest.h"
#include "tasks/catalog.h"

namespace proctor {
namespace {

std::string task_names() {
  std::vector<std::string> names;
  for (const TaskInfo& task : task_catalog()) names.push_back(task.name);
  return fmt::format("{}", fmt::join(names, " "));
}

// zsh reads the same script through bashcompinit.
void print_bash(const CLI::App& root, bool zsh) {
  if (zsh) fmt::print("autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n");
  fmt::print("_proctor() {{\n  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=\n"
             "  case $before in\n    -t|--tasks|--task) words=\"{}\" ;;\n    *) case ${{COMP_WORDS[1]}} in\n",
             task_names());
  for (const CLI::App* sub : root.get_subcommands({}))
    fmt::print("      {}) words=\"{}\" ;;\n", sub->get_name(), fmt::join(option_names(*sub), " "));
  fmt::print("    esac ;;\n  esac\n  [ \"$COMP_CWORD\" -eq 1 ] && words=\"{}\"\n"
             "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}}\ncomplete -o default -F _proctor proctor\n",
             fmt::join(command_names(root), " "));
}

void print_fish(const CLI::App& root) {
  for (const CLI::App* sub : root.get_subcommands({})) {
    fmt::print("complete -c proctor -n __fish_use_subcommand -a {} -d '{}'\n", sub->get_name(),
               sub->get_description());
    for (const CLI::Option* option : sub->get_options())
      for (const std::string& name : option->get_lnames())
        fmt::print("complete -c proctor -n '__fish_seen_subcommand_from {}' -l {}\n", sub->get_name(), name);
  }
  fmt::print("complete -c proctor -s t -l tasks -x -a '{}'\n", task_names());
}

} // namespace

CommandBody add_completion_command(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "bash, zsh or fish")->required()->type_name("SHELL");
  command.footer("Example:\n  proctor completion bash > ~/.local/share/bash-completion/completions/proctor");
  return [shell, &command]() -> Result<ExitCode> {
    const CLI::App& root = *command.get_parent();
    if (*shell == "bash" || *shell == "zsh")
      print_bash(root, *shell == "zsh");
    else if (*shell == "fish")
      print_fish(root);
    else
      return usage_error(fmt::format("no completion for {}; there are bash, zsh and fish", *shell));
    return ExitCode::ok;
  };
}

} // namespace proctor
