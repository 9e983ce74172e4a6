// SPDX-License-Identifier: MIT
#pragma once

// The run loop: generation, grading and writing overlap. A finished sample is journalled before it is graded; graders
// run in a pool and never hold up the backend: when they fall behind, samples wait in the journal, not in memory.

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <unordered_map>

#include "harness/backend.h"
#include "harness/grading_table.h"
#include "harness/run_log.h"
#include "harness/run_reader.h"
#include "harness/task.h"

namespace proctor {

// Watches a run; called from several threads at once.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void completed(const Completion& completion) = 0;
  virtual void charged(const Completion&) {} // a failed attempt at a sample that is still under way
  virtual void graded(const Grade& grade) = 0; // by the first grader of its task
};

struct RunnerOptions {
  int graders = 2;                        // threads
  size_t memory_bytes = size_t{64} << 20; // of texts waiting to be written or graded
  double sync_seconds = 1;                // at most this much is lost in a power cut; a kill loses nothing
};

class Runner {
 public:
  // Borrows everything. `stop` is requested by the caller (an interrupt) or by the loop itself (a full disk).
  // source: hears of every grade; may be null when nothing is generated.
  Runner(RunLog& log, std::string log_file, const GradingTable& table, WorkSource* source, RunObserver& observer,
         std::stop_source stop, RunnerOptions options);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Grades a sample that is already journalled. Waits when the graders are behind. Before generate(), not beside it.
  void grade_logged(Completion completion, const LoggedState& state);

  // Runs the backend to its end over the source.
  Status generate(Backend& backend);

  // Waits until everything put in is graded, or dropped after a stop.
  void wait_graded();

  // Waits until everything put in is graded and on disk, or, after a stop, until what was finished is on disk. Call
  // it once, last. On failure: the first write error.
  Status finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace proctor
