// SPDX-License-Identifier: MIT
#pragma once

// The one entry to running untrusted programs. A Sandbox owns a proctor-boxd and talks to it by messages; it proves by
// attempts that programs are confined before it accepts any, and it refuses to exist where they cannot be. There is no
// unconfined mode. Start it before threads and large memory. run() may be called from many threads at once; boxd
// runs n_slots programs at a time and the rest wait, without their clocks running.

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "graders/sandbox/attestation.h"
#include "graders/sandbox/job.h"
#include "graders/sandbox/outcome.h"
#include "harness/result.h"

namespace proctor {

struct SandboxOptions {
  int n_slots = 0;                // programs at a time; 0: one per processor
  int min_level = 2;              // refuse below
  bool allow_soft_memory = false; // accept level 2 without a memory cgroup
  std::string python;             // the interpreter; empty: /usr/bin/python3, else python3 on PATH
  std::vector<std::string> prepared; // Python programs whose calls many boxes serve, loaded once; never a test
  std::string boxd;               // proctor-boxd; empty: beside this program, or in ../libexec/proctor
  LayerSet withhold;              // do as if these were missing: the level drops as it would
};

class BoxdProcess;  // spawner.h
struct Interpreter; // interpreter.h

class Sandbox {
 public:
  // On failure an infrastructure error, whose message is the JSON object of docs/sandbox.md "Refusal".
  static Result<std::unique_ptr<Sandbox>> start(const SandboxOptions& options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Runs one program to its end; blocks. Never fails: what goes wrong on our side is the verdict setup_error. A box or
  // boxd that died under a program is replaced and the job tried again.
  BoxOutcome run(const BoxJob& job);

  // The same in two steps, for a program that is spoken with (its owner decides whether to try again). After the first the
  // job's descriptors are with boxd, and the caller's own may be closed; the second is due once for each.
  struct Submitted {
    uint64_t id = 0, generation = 0;
    Fd out, err;
    uint64_t output_bytes = 0;
    std::string failure; // why boxd has not got it
  };
  Submitted submit(const BoxJob& job);
  BoxOutcome wait(const Submitted& submitted);

  // As wait(), but as run() tries again.
  BoxOutcome finish(Submitted submitted, const BoxJob& job);

  // The outcome is not wanted any more: the program ends now, or when it has not done so in `grace`, or is not begun. wait()
  // is due as always.
  void cancel(const Submitted& submitted, std::chrono::milliseconds grace = {});

  const Attestation& attestation() const { return attestation_; }
  int boxd_pid() const; // for tests that kill it

 private:
  explicit Sandbox(SandboxOptions options);
  Status launch();
  Status prove();
  Status require_level() const;
  Status find_python();
  Status prepare_python();
  bool send_job(const BoxJob& job, const std::string& texts, const std::vector<int>& fds, Submitted& submitted);
  std::optional<ResultWire> wait_for(uint64_t id, uint64_t generation);
  bool ready_for(const BoxJob& job, std::string& why_not);
  void read_one(std::unique_lock<std::mutex>& lock);

  SandboxOptions options_;
  Attestation attestation_;
  std::unique_ptr<BoxdProcess> boxd_;
  std::unique_ptr<Interpreter> interpreter_; // null: not asked yet

  std::mutex mutex_; // guards what follows, and launching again
  std::condition_variable arrived_;
  std::map<uint64_t, ResultWire> results_;
  uint64_t next_id_ = 1;
  bool reading_ = false;  // one waiting thread reads for all
  uint64_t generation_ = 0; // of boxd: one more with every launch
  bool lost_ = false;       // this generation is gone
  bool python_ready_ = false;
};

} // namespace proctor
