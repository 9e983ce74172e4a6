// SPDX-License-Identifier: MIT
#pragma once

// --profile and --policy, the options of every command that grades mathematics.

#include <string>
#include <vector>

#include "graders/math/policy.h"
#include "harness/cmd_line.h"
#include "harness/result.h"

namespace proctor {

struct MathPolicyArgs {
  std::string profile = "proctor";
  std::vector<std::string> policies; // NAME=on|off
  bool lenient = false;              // the default of lenient_extraction

  void add_to(CommandLine& command);

  // On failure: a usage error with the nearest names.
  Result<math::Policies> read() const;
};

} // namespace proctor
