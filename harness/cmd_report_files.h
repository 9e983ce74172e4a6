// SPDX-License-Identifier: MIT
#pragma once

// Folds a run directory and writes its reports; shared by run, grade and report.

#include <map>
#include <string>
#include <vector>

#include "harness/cmd_cost.h"
#include "harness/task.h"
#include "reports/summary.h"

namespace proctor {

// The graders of every task in a run directory, found by name, for votes.
class RunGraders {
 public:
  explicit RunGraders(Json run_json) : run_(std::move(run_json)) {}
  const Grader* find(const std::string& task, const std::string& slot);

 private:
  Json run_;
  std::map<std::string, Graders> graders_;
};

// prices: in the place of run.json's, where given; reference: the published model to compare with, in the place of
// run.json's. On failure: a usage error (corrupt log, no such price).
Result<Summary> summarize(const std::string& run_dir, const std::vector<int>& extra_k, const PriceArgs& prices = {}, const std::string& reference = "");

// formats: any of json, md, html, junit, csv, openmetrics. On failure: an infrastructure error.
Status write_report_files(const Summary& summary, const std::vector<std::string>& formats, const std::string& dir);

// Several runs together: comparison.html and comparison.json in dir, and on stdout (`print`) who is worth the money.
Status write_comparison(const std::vector<Summary>& summaries, const std::string& dir, bool print);

// The terminal table, as wide as the terminal.
void print_table(const Summary& summary);

// results.json plus "run_dir", for --json.
Json results_with_dir(const Summary& summary);

} // namespace proctor
