// SPDX-License-Identifier: MIT
#pragma once

// What a process started by a user, a script or a CI job may return; the manual's table of exit codes.

#include <initializer_list>

namespace proctor {

enum class ExitCode : int {
  ok = 0,             // done, gate passed, equal
  failed = 1,         // regression or failed threshold; different
  usage = 2,          // usage, configuration, unreadable or corrupt input
  infrastructure = 3, // backend, sandbox, disk; too much not graded; nothing graded
  inconclusive = 4,   // cannot tell
  budget = 5,         // budget or time limit reached before the work was done
  interrupted = 130,  // SIGINT
  terminated = 143,   // SIGTERM
};

// The code to return when several hold at once: signals, usage, infrastructure, a failed verdict, budget,
// inconclusive, ok. (A conclusive pass that has to outrank a budget stop is the gate's to decide.)
constexpr ExitCode strongest(std::initializer_list<ExitCode> codes) {
  constexpr ExitCode kOrder[] = {ExitCode::interrupted,    ExitCode::terminated, ExitCode::usage,
                                 ExitCode::infrastructure, ExitCode::failed,     ExitCode::budget,
                                 ExitCode::inconclusive};
  for (ExitCode candidate : kOrder)
    for (ExitCode code : codes)
      if (code == candidate) return candidate;
  return ExitCode::ok;
}

} // namespace proctor
