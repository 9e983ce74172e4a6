// SPDX-License-Identifier: MIT
#pragma once

// Asks a few questions of a planned run, or looks at those it holds already, and says what the whole will take.

#include "harness/cmd_evaluate.h"

namespace proctor {

// The request is the whole run; it is cut down to the pilot. Prints a table, or with --json one object per task. On
// failure as evaluate().
Result<ExitCode> estimate(EvaluateRequest& request, int n_pilot);

} // namespace proctor
