// SPDX-License-Identifier: MIT
#pragma once

// The real Python behind a name on PATH: shims and virtual environments are resolved once, so that no run pays for them.

#include <string>
#include <vector>

#include "harness/result.h"

namespace proctor {

struct Interpreter {
  std::string program;
  std::vector<std::string> trees; // directories that it reads
  std::vector<std::string> paths; // sys.path, site-packages included, without the current directory
};

// `name`: a path, or a program on PATH; empty: python3.
Result<Interpreter> find_interpreter(const std::string& name);

// The program that a shell would start for `name`; empty when there is none.
std::string find_on_path(const std::string& name);

} // namespace proctor
