// SPDX-License-Identifier: MIT
#pragma once

// bench grader: how many responses one core grades in a second.

#include <string>

#include "harness/exit_code.h"
#include "harness/result.h"

namespace proctor {

// file: JSONL of {"gold","pred"}, pred a whole response; empty: responses written for this. Prints one line per load,
// or one JSON document.
Result<ExitCode> bench_grader(const std::string& file, int repeats, bool json);

} // namespace proctor
