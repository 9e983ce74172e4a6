// SPDX-License-Identifier: MIT
// The compiler writes into its box; the result leaves it through a descriptor, never by a path that the host would open.
#include "graders/sandbox/cpp_program.h"

#include "graders/sandbox/memory_file.h"

namespace proctor {
namespace {

constexpr int kNoCompiler = 127; // of the shell

// $1 is the compiler, the rest its flags.
const char* const kScript = "compiler=$1; shift\n"
                            "command -v \"$compiler\" >/dev/null || exit 127\n"
                            "\"$compiler\" \"$@\" -o /tmp/program /box/main.cpp || exit 1\n"
                            "exec cat /tmp/program >&3\n";

} // namespace

CppProgram compile_cpp(Sandbox& sandbox, const std::string& source, const CppOptions& options) {
  CppProgram program;
  Fd result = make_output_file();
  BoxJob job = command_job({"/bin/sh", "-c", kScript, "compile", options.compiler});
  job.args.insert(job.args.end(), options.flags.begin(), options.flags.end());
  job.files.push_back({"main.cpp", source});
  job.limits = options.limits;
  job.channel = result.get();
  program.compile = sandbox.run(job);
  if (program.compile.exit_code == kNoCompiler) {
    program.compile.verdict = RunVerdict::setup_error;
    program.compile.failure = "no " + options.compiler + " in the box; install it with the system's packages";
  }
  if (program.compile.verdict == RunVerdict::ok)
    program.executable = make_executable_file(read_memory_file(result.get(), options.limits.output_bytes));
  return program;
}

BoxJob cpp_job(const CppProgram& program, std::string input, Limits limits) {
  BoxJob job = command_job({"program"}, std::move(input));
  job.executable = program.executable.get();
  job.limits = limits;
  return job;
}

} // namespace proctor
