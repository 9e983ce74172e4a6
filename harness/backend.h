// SPDX-License-Identifier: MIT
#pragma once

// The Backend interface and the two ends it works between: it pulls work items from a WorkSource when it has room
// and puts finished samples into a CompletionSink, in any order.

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "harness/completion.h"
#include "harness/grade.h"
#include "harness/sampling.h"

namespace proctor {

// One sample to generate. seed is a function of (run seed, task, question, sample index) alone.
struct WorkItem {
  SampleKey key;
  std::vector<Message> messages;
  std::string assistant_prefix;
  std::vector<int32_t> prompt_ids; // the whole prompt as tokens of a model of this process, in the place of messages
  std::string prompt_hash;
  Sampling sampling;
  uint64_t seed = 0;
};

// Thread-safe. Stopping rules, budgets and gates that stop early are WorkSources around other WorkSources.
class WorkSource {
 public:
  virtual ~WorkSource() = default;
  virtual std::optional<WorkItem> next() = 0;          // nullopt: nothing left, or the run is stopping
  virtual bool wanted(const SampleKey& key) const = 0; // false: drop it, also while it is being generated
  virtual void seen(const Grade& grade) = 0;           // what decides what is wanted next
  virtual bool answered_before() const { return false; } // an earlier session of this run got answers: the command is not wrong
  virtual bool allows_retry() { return true; } // false: failed attempts have cost what there was; drop the sample
};

// Thread-safe. put() may wait while the journal is behind; it never waits for a grader.
class CompletionSink {
 public:
  virtual ~CompletionSink() = default;
  virtual void put(Completion completion) = 0;

  // A failed attempt (status error) that the server charged, see usage; the sample itself is still to come.
  virtual void charged(Completion) {}

  // For a backend that loses nothing by it: waits while many answers are ungraded. Those beyond what memory is for are
  // read back from the journal when their turn comes, which costs more than waiting.
  virtual void wait_for_graders() {}
};

// What answered, for run.json and for the run's identity.
struct Description {
  std::string name;   // short, for the table and the folder name: "demo", "DeepSeek-R1"
  std::string digest; // of the weights or the recorded file; for an endpoint its NAME. Part of the identity.
  std::string note;   // one line that a report must show about this model; may be empty
  Json details = Json::object();
};

// What a backend has done in this process, beside the samples it delivers.
struct Activity {
  std::string line;          // for the progress line: "16 running  KV 40 %"; empty: nothing to say
  int64_t tokens = 0;        // generated so far, unfinished samples included; 0: not known
  Json details = Json(nullptr); // for run.json; null: nothing
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Description describe() const = 0;
  virtual Activity activity() const { return {}; } // from any thread, also while generate() runs

  // Begins what takes time before the first sample, such as asking a server whether it is there, and returns at once;
  // what comes of it generate() tells. May be called once, before generate().
  virtual void prepare() {}

  // When the run was begun, before its first generate(): prompts that tell the time tell this one, so that a run which is
  // resumed on another day asks what it asked before.
  virtual void set_begun(std::time_t) {}

  // Runs until the source has nothing left. A failed sample is put() with status error; an Error is returned only
  // when the backend as a whole cannot go on. Every completion's key and
  // prompt_hash are those of its item, and its seed too where the backend used it.
  virtual Status generate(WorkSource& source, CompletionSink& sink) = 0;
};

} // namespace proctor
