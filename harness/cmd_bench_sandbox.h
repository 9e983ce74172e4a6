// SPDX-License-Identifier: MIT
#pragma once

// bench sandbox: what it costs to run a program confined, beside what this machine needs to start an interpreter.

#include "graders/sandbox/sandbox.h"
#include "harness/exit_code.h"
#include "harness/result.h"

namespace proctor {

// Each rate is measured for about a second, `repeats` times, and the median shown. Prints a line per measure, or one
// JSON document. A program that does not run as it should is an infrastructure error: no time is then printed.
Result<ExitCode> bench_sandbox(const SandboxOptions& options, int repeats, bool json);

} // namespace proctor
