// SPDX-License-Identifier: MIT
#pragma once

// --sandbox-min, --allow-soft-memory, --python: what has to confine the programs that models write.

#include <string>

#include "graders/sandbox/sandbox.h"
#include "harness/cmd_line.h"

namespace proctor {

struct SandboxArgs {
  std::string minimum = "L2";
  bool allow_soft_memory = false;
  std::string python;

  void add_to(CommandLine& command);

  // On failure: a usage error.
  Result<SandboxOptions> options() const;
};

} // namespace proctor
