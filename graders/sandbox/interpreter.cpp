// SPDX-License-Identifier: MIT
// Asks the interpreter itself where it lives.
#include "graders/sandbox/interpreter.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <unistd.h>

#include "graders/sandbox/spawner.h"

namespace proctor {

namespace fs = std::filesystem;

std::string find_on_path(const std::string& name) {
  if (name.find('/') != name.npos) return ::access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (std::string program = folder + "/" + name; ::access(program.c_str(), X_OK) == 0) return program;
  return "";
}

Result<Interpreter> find_interpreter(const std::string& name) {
  // The system's own first: a tree that every user may read, which one in a home directory need not be.
  constexpr const char* kSystem = "/usr/bin/python3";
  std::string wanted = !name.empty() ? name : ::access(kSystem, X_OK) == 0 ? kSystem : "python3";
  std::string program = find_on_path(wanted);
  if (program.empty()) return infrastructure_error("no " + wanted + " on PATH; install python3 or name one with --python");
  // Of sys.path only what is the interpreter's own: a .pth file (an editable install) may name any project, with its data.
  static const char* const kQuestion = "import os, sys\n"
                                       "print(sys.version_info >= (3, 10) and 't' not in sys.abiflags)\n"
                                       "print(os.path.realpath(getattr(sys, '_base_executable', sys.executable)))\n"
                                       "print(sys.base_prefix); print(sys.base_exec_prefix)\n"
                                       "roots = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]\n"
                                       "own = lambda path: any(path == root or path.startswith(root.rstrip('/') + '/') for root in roots)\n"
                                       "print(*[p for p in sys.path if os.path.isdir(p) and own(p)], sep='\\n')";
  auto answer = output_of(program, {"-I", "-c", kQuestion});
  if (!answer) return in_context(program + " does not answer (it must be Python 3.10 or newer)", answer.error());
  std::istringstream lines(*answer);
  Interpreter found;
  std::string line;
  if (!std::getline(lines, line) || line != "True")
    return infrastructure_error(program + " cannot be used: Python 3.10 or newer is needed, and not a free-threaded build; name another with --python");
  std::getline(lines, found.program);
  for (int at = 0; std::getline(lines, line); ++at) {
    if (at >= 2) found.paths.push_back(line);
    found.trees.push_back(fs::path(line).lexically_normal().string());
  }
  found.trees.push_back(fs::path(found.program).parent_path().string());
  if (found.paths.empty()) return infrastructure_error(program + " has no sys.path");
  return found;
}

} // namespace proctor
