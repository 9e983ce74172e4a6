// SPDX-License-Identifier: MIT
#pragma once

// Calls into one confined Python program: load it, call its functions with plain values, get plain values back. What is
// expected never enters the box; comparing is the caller's, outside. One session is one box: state that the program
// keeps between calls ends with it.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graders/sandbox/sandbox.h"
#include "graders/sandbox/typed_value.h"

namespace proctor {

enum class CallStatus {
  value,     // `value` is what the function returned
  exception, // `error_type` and `error_text`
  not_plain, // it returned an object: its type is in error_text
  timed_out, // no answer within the time of this call
  ended,     // the program ended, or was ended: finish() says how
  protocol,  // what came back was no answer to this call
};

struct CallResult {
  CallStatus status = CallStatus::ended;
  TypedValue value;
  std::string error_type, error_text;
  double seconds = 0;
};

class CallSession {
 public:
  // `job`: a python_job; its limits hold for the whole session. `sandbox` must live as long.
  CallSession(Sandbox& sandbox, BoxJob job);
  ~CallSession();
  CallSession(const CallSession&) = delete;
  CallSession& operator=(const CallSession&) = delete;

  // Executes the program's top level, which the first call does otherwise. Status value when that succeeded.
  CallResult load(double timeout_s);

  // `target`: a function of the program, or "Class.method" of a new instance.
  CallResult call(const std::string& target, std::vector<TypedValue> args,
                  std::vector<std::pair<std::string, TypedValue>> named, double timeout_s);

  // Ends the program and says what the box saw: ok where it was still there and had passed no limit.
  BoxOutcome finish();

 private:
  CallResult ask(const TypedValue& request, double timeout_s);

  Sandbox& sandbox_;
  Fd channel_;
  Sandbox::Submitted submitted_;
  std::string received_;              // and not yet taken for a reply
  std::optional<BoxOutcome> outcome_; // once finished
  bool broken_ = false; // after a time-out or a protocol error no answer is trusted
  bool ended_ = false;  // of itself
};

} // namespace proctor
