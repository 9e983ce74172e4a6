// SPDX-License-Identifier: MIT
#pragma once

// What a run has spent, written down while it runs, so that the cost of a run that was killed is known:
// heartbeats.jsonl, a journal whose every record is what was spent since the record before. All of them add up,
// whichever session or shard they are of. docs/run_log.md is the normative description.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "harness/journal.h"
#include "harness/json.h"

namespace proctor {

struct Spent {
  double seconds = 0;                  // of the clock on the wall
  std::optional<double> core_seconds;  // of processors, in the steps of an engine
  std::optional<double> step_seconds;  // in steps of an engine
  std::optional<double> gpu_seconds;   // that GPUs were held
};

// The members of a heartbeat and of run.json that say so; what is not known stays as it is.
void write_spent(const Spent& spent, Json& into);

// Of all sessions and shards of a run directory; nullopt: it has no heartbeats. A torn last line, a kill's trace, counts
// nothing. On failure: a usage error with file and line.
Result<std::optional<Spent>> read_spent(const std::string& dir);

// Writes records from a thread of its own: after a second, then after every hundredth of the session, but at least once
// a minute. So much at most is lost to a kill.
class Heartbeat {
 public:
  // spent: what this process has spent so far; thread-safe. What it says now is not the session's.
  Heartbeat(Journal journal, std::function<Spent()> spent);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // The last record; the thread has ended. On failure: of that record, which then holds all since the last that was written.
  Status finish();

 private:
  void beat_regularly(std::stop_token stop);
  Status beat();

  Journal journal_;
  const std::function<Spent()> spent_;
  const Spent before_;
  Spent logged_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_; // last: it uses the others
};

} // namespace proctor
