// SPDX-License-Identifier: MIT
// The table of commands, and the one place where an Error is printed.
#include <cstdio>
#include <fmt/format.h>

#include "harness/cmd.h"
#include "harness/cmd_manual.h"
#include "harness/text/nearest.h"

#ifndef PROCTOR_VERSION
#define PROCTOR_VERSION "unknown"
#endif

namespace proctor {
namespace {

constexpr Command kCommands[] = {
    {"run", "Generate, grade, report; running the same command again resumes", add_run_command},
    {"grade", "Grade recorded outputs, or an old run again, without generating", add_grade_command},
    {"report", "Write the reports of runs again", add_report_command},
    {"show", "Show a question, its trace, its answer, its verdict and why", add_show_command},
    {"prompt", "Print the exact prompt of a question", add_prompt_command},
    {"ls", "List tasks, models, runs or graders", add_ls_command},
    {"doctor", "Say what works on this machine, what does not, and how to fix it", add_doctor_command},
    {"completion", "Print a completion script for bash, zsh or fish", add_completion_command},
    {"manual", "Print the tables of commands and options as Markdown", add_manual_command},
};

constexpr const char* kFooter = "Examples:\n"
                                "  proctor run -t gen -m scripted -n 16\n"
                                "  proctor grade --task aime --completions outputs.jsonl\n"
                                "  proctor show runs/latest --task gen/order --doc 0\n"
                                "  proctor ls tasks\n"
                                "`proctor COMMAND --help` has the options and more examples.";

// The option or command that a user may have meant by the first word nobody knows.
std::string unknown_word(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  std::vector<std::string> extras = at->remaining();
  if (extras.empty()) extras = app.remaining(true);
  if (extras.empty()) return {};
  const std::string& word = extras.front();
  std::string name = word.substr(0, word.find('='));
  std::string where = at->get_name().empty() ? "proctor" : "proctor " + at->get_name();
  bool option = word.starts_with('-');
  std::string what = option ? "unknown option" : at == &app ? "unknown command" : "unexpected argument";
  std::vector<std::string> known = option ? option_names(*at) : command_names(*at);
  return fmt::format("{} {}{} (see {} --help)", what, name, did_you_mean(name, known), where);
}

int print_error(const Error& error) {
  fmt::print(stderr, "proctor: {}\n", error.message);
  return static_cast<int>(error.exit);
}

int parse_failed(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error); // --help, --version
  std::string message = unknown_word(app);
  if (message.empty()) message = error.what();
  if (app.get_subcommands().empty() && app.remaining(true).empty())
    message = "a command is wanted (see proctor --help)";
  return print_error(usage_error(message));
}

int run(int argc, char** argv) {
  CLI::App app("proctor measures reasoning models: accuracy, votes and what they cost.", "proctor");
  app.set_version_flag("--version", "proctor " PROCTOR_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  std::vector<CommandBody> bodies;
  std::vector<const CLI::App*> added;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    bodies.push_back(command.add(*sub));
    added.push_back(sub);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parse_failed(app, error);
  }
  for (size_t i = 0; i < added.size(); ++i) {
    if (!added[i]->parsed()) continue;
    Result<ExitCode> code = bodies[i]();
    return code ? static_cast<int>(*code) : print_error(code.error());
  }
  return static_cast<int>(ExitCode::usage);
}

} // namespace
} // namespace proctor

int main(int argc, char** argv) {
  try {
    return proctor::run(argc, argv);
  } catch (const std::exception& error) { // out of memory and the like; every expected failure is an Error
    return proctor::print_error(
        {proctor::ExitCode::infrastructure, fmt::format("unexpected failure: {}", error.what())});
  }
}
