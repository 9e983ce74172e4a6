// SPDX-License-Identifier: MIT
#pragma once

// One session of the run loop on an open run directory, and the report after it: the part that evaluating and
// grading again share.

#include <stop_token>

#include "harness/cmd_evaluate.h"
#include "harness/progress.h"
#include "harness/run_dir.h"
#include "harness/signal_watch.h"
#include "reports/budget.h"

namespace proctor {

struct Loop {
  const RunDir& dir;
  const LoggedState& state;
  RunLog& log;
  const GradingTable& table;
  std::stop_source stop;
  Backend* backend = nullptr;    // null: nothing is generated
  PlanSource* source = nullptr;  // with the backend
  Shard shard = {};
  Meter* meter = nullptr;        // with the backend
  bool failed_samples_too = false; // grade error records, which generating would replace
};

struct LoopResult {
  Status status;
  double seconds = 0;
  ProgressCounts counts;
  Json activity = Json(nullptr); // of the backend, in this session
  size_t n_arrived = 0; // samples that this session generated, failed ones too
  size_t n_open = 0;    // and those it should have, but did not
  LimitReached limit = LimitReached::none; // it stopped the session before the work was done
};

// Grades what is logged but not graded, then generates and grades what is missing. The source has been told the grades
// that are there.
LoopResult run_loop(const Loop& loop, bool no_progress);

// A task as a command asks for it. An earlier session may have asked for more.
struct AskedTask {
  std::string name;
  size_t n_questions = 0;
  int n_samples = 0; // the most of a question
};

// Writes the reports, prints the table or the JSON, says what is wrong with the tasks of this command.
Result<ExitCode> report_session(const std::string& dir, const std::vector<AskedTask>& tasks,
                                const EvaluateArgs& args, const OutputArgs& output);

// Report as of "the budget of USD 2 is spent".
std::string limit_text(LimitReached limit);

// A line of log.txt: what a session of this run did. Best effort.
void log_event(const std::string& dir, std::string_view text);

} // namespace proctor
