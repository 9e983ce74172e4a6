// SPDX-License-Identifier: MIT
#pragma once

// results.json: lm-eval's shape, so that scripts written for it work, and a "proctor" object with what lm-eval has no
// place for. What is not known is absent, never 0, null or NaN. Intervals and cost have their places but no values
// yet.

#include "harness/json.h"
#include "reports/summary.h"

namespace proctor {

// verdict_counts["TASK"] are those of the task's first grader; a task with several has "TASK,SLOT" for each besides.
Json results_json(const Summary& summary);

} // namespace proctor
