// SPDX-License-Identifier: MIT
// The table of commands, and the one place where an Error is printed.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <ios>
#include <malloc.h>
#include <map>
#include <system_error>
#include <unistd.h>

#include "harness/cmd.h"
#include "harness/say.h"

#ifndef PROCTOR_VERSION
#define PROCTOR_VERSION "unknown"
#endif

namespace proctor {
namespace {

constexpr Command kCommands[] = {
    {"run", "Generate, grade, report; running the same command again resumes", add_run_command},
    {"estimate", "Say what a run will take, from a pilot, before the money is spent", add_estimate_command},
    {"grade", "Grade recorded outputs, or an old run again, without generating", add_grade_command},
    {"compare", "Compare two runs over the same questions, paired by question", add_compare_command},
    {"gate", "Judge a run: one verdict, one exit code", add_gate_command},
    {"baseline", "Write or move forward the file that a gate compares with", add_baseline_command},
    {"report", "Write the reports of runs again", add_report_command},
    {"show", "Show a question, its trace, its answer, its verdict and why", add_show_command},
    {"prompt", "Print the exact prompt of a question", add_prompt_command},
    {"generate", "Sample from a model", add_generate_command},
    {"tokenize", "Text to token ids of a model, and back", add_tokenize_command},
    {"bench", "Measure throughput on this machine beside its limits", add_bench_command},
    {"ls", "List tasks, models, runs or graders", add_ls_command},
    {"data", "Pull benchmark files, list them, verify their reference answers", add_data_command},
    {"math-eq", "Compare two mathematical answers and say why they are equal or not", add_math_eq_command},
    {"sandbox", "Say what confines programs here, or run one confined", add_sandbox_command},
    {"doctor", "Say what works on this machine, what does not, and how to fix it", add_doctor_command},
    {"completion", "Print a completion script for bash, zsh or fish", add_completion_command},
    {"manual", "Print the tables of commands and options as Markdown", add_manual_command},
};

constexpr const char* kExamples = "Examples:\n"
                                "  proctor run -t gen/1 -m demo -n 16\n"
                                "  proctor grade --task aime --completions outputs.jsonl\n"
                                "  proctor show runs/latest --task gen/order --doc 0\n"
                                "  proctor ls tasks\n"
                                "`proctor COMMAND --help` has the options and more examples.";

int print_error(const Error& error) {
  say("proctor: " + error.message);
  return static_cast<int>(error.exit);
}

int run(int argc, char** argv) {
  Program program("proctor", "proctor measures reasoning models: accuracy, votes and what they cost.", PROCTOR_VERSION,
                  kExamples);
  std::map<std::string, CommandBody> bodies;
  for (const Command& command : kCommands) bodies[command.name] = command.add(program.add(command.name, command.summary));
  auto chosen = program.parse(argc, argv);
  if (!chosen) return print_error(chosen.error());
  if (!*chosen) return static_cast<int>(ExitCode::ok);
  Result<ExitCode> code = bodies.at(**chosen)();
  return code ? static_cast<int>(*code) : print_error(code.error());
}

// A file that is opened while descriptor 1 is closed would become "stdout". False when there is no stdout.
bool fill_standard_descriptors() {
  bool has_stdout = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd) _exit(3);
  return has_stdout;
}

// Results that could not be written are an infrastructure failure, except to a reader that has seen enough.
int finish_stdout(bool has_stdout, int code) {
  bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if ((written && has_stdout) || errno == EPIPE || code != 0) return code;
  return print_error(infrastructure_error("cannot write the output: standard output is closed or full"));
}

// Blocks of a megabyte go back to the system when they are freed. glibc would raise that size with every one of them,
// and a table that grew and went would leave a hole in the heap.
void return_large_blocks() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20); // the other size that glibc would have raised
#endif
}

} // namespace
} // namespace proctor

int main(int argc, char** argv) {
  using namespace proctor;
  return_large_blocks();
  bool has_stdout = fill_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN); // a viewer that goes away must not end a run
  try {
    int code = run(argc, argv);
    return finish_stdout(has_stdout, code);
  } catch (const std::ios_base::failure& error) { // a stream's, which does not say whose
    return print_error(infrastructure_error(fmt::format("cannot read or write a file: {}", error.code().message())));
  } catch (const std::system_error& error) { // fmt::print: stdout cannot be written
    return print_error(infrastructure_error(fmt::format("cannot write the output: {}", error.code().message())));
  } catch (const std::exception& error) { // out of memory and the like; every expected failure is an Error
    return print_error(infrastructure_error(fmt::format("unexpected failure: {}", error.what())));
  }
}
