// SPDX-License-Identifier: MIT
#pragma once

// The table that ends a run on the terminal. Results only; what to do with stdout and stderr is the caller's.

#include <string>

#include "reports/frontier.h"
#include "reports/summary.h"

namespace proctor {

struct TableOptions {
  int width = 100;     // columns; what fits least is left out or shortened
  bool colour = false; // ANSI colours
};

// One row per task and grader, then the notes and warnings. Ends with a newline.
std::string write_table(const Summary& summary, const TableOptions& options);

// Of several runs: per task who is worth the money, then the comparisons with the first run. Empty without any.
std::string write_frontier_table(std::span<const Frontier> frontiers, const TableOptions& options);

} // namespace proctor
