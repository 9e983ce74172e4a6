// SPDX-License-Identifier: MIT
#pragma once

// The table that ends a run on the terminal. Results only; what to do with stdout and stderr is the caller's.

#include <string>

#include "reports/summary.h"

namespace proctor {

struct TableOptions {
  int width = 100;     // columns; what fits least is left out or shortened
  bool colour = false; // ANSI colours
};

// One row per task and grader, then the notes and warnings. Ends with a newline.
std::string write_table(const Summary& summary, const TableOptions& options);

} // namespace proctor
