// SPDX-License-Identifier: MIT
#pragma once

// The one sandbox of a process that all code graders share, and the sessions they hold in it. The program under test
// and the tests never share a box: the tests run in the tester's, every call of theirs is made in the candidate's, and
// what crosses is plain values. Expected values stay outside both.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "graders/sandbox/call_session.h"

namespace proctor {

// What one program may use in all: CPU time of all calls together, memory.
Limits code_limits(double cpu_s);

// A call that its box ended for want of CPU time.
bool is_out_of_time(const CallResult& result);

// The program under test. Not for several threads at once.
class Candidate {
 public:
  Candidate(Sandbox& sandbox, Limits limits);

  CallResult load(const std::string& source, double cpu_s);

  // As CallSession::call, with a limit of CPU time for this call. A new instance of one of its classes comes back as
  // status value with `object` set. A value of more than 30 MiB comes back as status not_plain with `digest` set: the
  // same text for values of the same types in the same order, so equal digests are equal values; unequal ones may be too.
  struct Reply {
    CallResult result;
    int object = -1;
    std::string digest = {};
    bool out_of_time = false; // of this call's CPU time
  };
  Reply call(const std::string& target, TypedValue args, TypedValue named, double cpu_s);
  Reply evaluate(const std::string& expression, double cpu_s);
  // [list, dict]: what a call's text, or what stands between its parentheses, hands to `function`. Nothing is called.
  Reply arguments(const std::string& text, const std::string& function, double cpu_s);

  // CPU seconds so far, by the program's own process; nullopt when it does not answer.
  std::optional<double> cpu_seconds();

  // As CallSession::finish(). timed_out, too, where the calls that took long took more CPU time than they may: the clock of a
  // call runs beside the program, which can get rid of it.
  BoxOutcome finish();

 private:
  CallResult ask(const std::string& target, std::vector<TypedValue> args, double cpu_s);
  Reply reply_of(CallResult result) const;
  CallSession session_;
  double short_wall_s_ = 0, long_cpu_s_ = 0; // of the calls that cannot, and that can have passed their limit: taken, allowed
};

// How tests went whose calls go to a candidate.
struct TestsOutcome {
  enum class End { passed, failed, error, broken, candidate_gone, tester_gone } end = End::tester_gone;
  int line = 0;             // of the tests, where they failed
  std::string text;         // that line
  std::string error_type, error_text;
  std::string input, expected, got; // of the call that failed, shortened
  int64_t n_asserts = 0;    // in the text of the tests
  int64_t n_held = 0;       // that were reached and held; more than n_asserts in a loop
  Candidate::Reply last;    // what ended the candidate
  BoxOutcome tester;           // tester_gone: what its box saw
};

// The tests of one question.
struct TesterSpec {
  std::string setup; // what the tests may use besides (a reference solution)
  std::string tests;
  std::vector<std::string> under_test; // names that become proxies; empty: all that the tests use freely
  double cpu_s = 0;                    // of one call of the candidate
};

// A box that runs tests, for one candidate after the other. The tests' module is made anew each time, a candidate hands in
// plain values, and tests that could leave something behind for those after them are its last.
class Tester {
 public:
  Tester(Sandbox& sandbox, double call_cpu_s);
  TestsOutcome run(const TesterSpec& spec, Candidate& candidate);
  int n_runs() const { return n_runs_; }
  double call_cpu_s() const { return call_cpu_s_; }
  bool can_run_again() const; // its last run came to an end and left nothing, and it has time for another

 private:
  const double call_cpu_s_; // CPU time of one call of a candidate
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  CallSession session_;
  int n_runs_ = 0;
  bool left_nothing_ = false; // its last run, which came to an end
  double cpu_s_ = 0; // so far
};

// Started by the first that needs it. All members may be called from many threads.
class CodeSandbox {
 public:
  explicit CodeSandbox(SandboxOptions options = {});
  ~CodeSandbox();

  // Before start().
  void configure(const SandboxOptions& options);

  // On failure an infrastructure error with the missing layer: nothing is ever run unconfined.
  Result<Sandbox*> start();

  // nullptr before start() and after end().
  const Sandbox* started() const { return sandbox_.get(); }

  // Nothing is to be graded for now: the sandbox ends, beside whatever comes next. No program may be running.
  void end();

  // One of those that were kept, else a new one. `fresh`: a new one. After start().
  std::unique_ptr<Tester> take_tester(const TesterSpec& spec, bool fresh);
  void keep_tester(std::unique_ptr<Tester> tester);

  // Held while one answer is graded. One more at a time than processors, for one mostly waits, each with room for two
  // boxes and a tester at rest: without this bound sixteen candidates could hold all boxes and wait for sixteen testers.
  // `alone`: with nothing beside it.
  class Turn {
   public:
    Turn(CodeSandbox& of, bool alone);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    CodeSandbox& of_;
    const bool alone_;
  };

  // How many programs the holder of a turn may run at a time: as many as processors, shared among all turns.
  size_t at_once() const;

 private:
  SandboxOptions options_;
  std::unique_ptr<Sandbox> sandbox_;
  mutable std::mutex mutex_; // guards what follows, and starting
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Tester>> testers_; // at rest, the last used at the end; gone before the sandbox
  std::jthread ending_;
  int at_once_ = 0, running_ = 0, waiting_alone_ = 0;
  bool alone_ = false;
};

} // namespace proctor
