// SPDX-License-Identifier: MIT
#pragma once

// What a confined process tries in order to prove that it is confined. Runs inside a box in place of a program; the
// supervisor knows what each attempt must end in.

#include <string>
#include <vector>

namespace proctor {

// args[0] names the attempts: "confinement" CANARY_FILE CANARY_PID PORT | "memory" BYTES | "output" | "spin" |
// "processes". Prints "NAME ERRNO" lines (0: it worked) to stdout; returns the exit code.
int run_self_test(const std::vector<std::string>& args);

} // namespace proctor
