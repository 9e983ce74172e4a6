// SPDX-License-Identifier: MIT
// Names of verdicts.
#include "graders/sandbox/outcome.h"

namespace proctor {

const char* verdict_name(RunVerdict verdict) {
  static constexpr const char* kNames[] = {"ok",           "runtime_error", "timed_out",  "memory_limit",
                                           "output_limit", "forbidden",     "setup_error"};
  return kNames[static_cast<int>(verdict)];
}

} // namespace proctor
