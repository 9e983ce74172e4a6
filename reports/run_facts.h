// SPDX-License-Identifier: MIT
#pragma once

// What run.json says about a run, as short texts that every writer shows alike. Raw: the writer escapes.

#include <string>
#include <utility>
#include <vector>

#include "reports/summary.h"

namespace proctor {

std::string model_name(const Summary& summary); // "unnamed model" where there is none

// "2026-11-23 18:20 UTC", "3 tasks", "1,500 samples", "12 min 4 s".
std::vector<std::string> headline_facts(const Summary& summary);

// Name and value: run, model, digest, sampling, options, host.
std::vector<std::pair<std::string, std::string>> run_facts(const Summary& summary);

// "Completions: median 812 tokens, ..."; "Tokens used: ...". Empty where nothing is known.
std::vector<std::string> usage_lines(const TaskSummary& task);

} // namespace proctor
