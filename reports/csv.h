// SPDX-License-Identifier: MIT
#pragma once

// Summary -> CSV (RFC 4180), for spreadsheets and data frames: one row per number. Texts that a spreadsheet would run
// as a formula get an apostrophe in front (OWASP, "CSV Injection").

#include <span>
#include <string>

#include "reports/summary.h"

namespace proctor {

// Columns: run, model, task, grader, metric, value, rerun_lo, rerun_hi, generalise_lo, generalise_hi, n_questions,
// n_samples, n_short, definition. Costs stand in the same columns.
std::string write_csv(std::span<const Summary> summaries);

} // namespace proctor
