// SPDX-License-Identifier: MIT
#pragma once

// Folds a run directory and writes its reports; shared by run, grade and report.

#include <map>
#include <string>
#include <vector>

#include "harness/task.h"
#include "reports/summary.h"

namespace proctor {

// The graders of every task in a run directory, found by name, for votes.
class RunGraders {
 public:
  const Grader* find(const std::string& task, const std::string& slot);

 private:
  std::map<std::string, Graders> graders_;
};

// On failure: a usage error (corrupt log).
Result<Summary> summarize(const std::string& run_dir, const std::vector<int>& extra_k);

// formats: any of json, md, html. On failure: an infrastructure error.
Status write_report_files(const Summary& summary, const std::vector<std::string>& formats, const std::string& dir);

// The terminal table, as wide as the terminal.
void print_table(const Summary& summary);

// results.json plus "run_dir", for --json.
Json results_with_dir(const Summary& summary);

} // namespace proctor
