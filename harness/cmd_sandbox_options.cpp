// SPDX-License-Identifier: MIT
#include "harness/cmd_sandbox_options.h"

#include <fmt/format.h>

namespace proctor {

void SandboxArgs::add_to(CommandLine& command) {
  command.option("--sandbox-min", minimum, "Refuse to run programs below this level: L1, L2 or L3").value_name("LEVEL").show_default();
  command.flag("--allow-soft-memory", allow_soft_memory, "Accept memory limits of each process where there is no memory cgroup");
  command.option("--python", python, "The interpreter of Python programs (default: /usr/bin/python3, else python3 on PATH)").value_name("PATH");
}

Result<SandboxOptions> SandboxArgs::options() const {
  SandboxOptions options;
  bool known = minimum.size() == 2 && (minimum[0] == 'L' || minimum[0] == 'l') && minimum[1] >= '1' && minimum[1] <= '3';
  if (!known) return usage_error(fmt::format("--sandbox-min {}: there are L1, L2 and L3", minimum));
  options.min_level = minimum[1] - '0';
  options.allow_soft_memory = allow_soft_memory;
  options.python = python;
  return options;
}

} // namespace proctor
