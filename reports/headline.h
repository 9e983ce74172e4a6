// SPDX-License-Identifier: MIT
#pragma once

// The table that every report opens with, as text: one row per task and grader. Cells are empty where there is
// nothing to say.

#include <string>
#include <vector>

#include "reports/summary.h"

namespace proctor {

struct HeadlineRow {
  std::string task;   // raw: the writer escapes it
  std::string grader; // raw; empty for "none"
  std::string n;      // "30 × 50"
  std::string pass_1, maj, best, pass, format, truncated;
  std::string rerun, generalise; // the two 95 % intervals of pass@1: "[15.1, 16.9]" in percent
  std::string not_graded;        // a count
  std::string per_correct;       // what a correct answer costs
  int maj_k = 0, best_k = 0, pass_k = 0; // 0: no such value
};

// "$0.0042 [$0.0039, $0.0046]"; tokens where no price applies; "none correct"; empty where no cost is known.
std::string per_correct_text(const CostSummary& cost, bool with_interval = true);

// The headings of the maj, best and pass columns: "maj@16" where all rows agree, else "maj@k" and the cells carry "@16".
// best: empty where no row has one.
struct HeadlineNames {
  std::string maj, best, pass;
};

std::vector<HeadlineRow> headline_rows(const Summary& summary);
HeadlineNames headline_names(const std::vector<HeadlineRow>& rows);

} // namespace proctor
