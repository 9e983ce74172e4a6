// SPDX-License-Identifier: MIT
#pragma once

// The Grader interface: a pure function from (question, completion) to a Grade. Graders never call a backend.

#include <string_view>

#include "harness/completion.h"
#include "harness/grade.h"

namespace proctor {

// An extracted answer with its canonical form, as a vote sees it.
struct Answer {
  std::string_view text;
  std::string_view vote_key;
};

// Immutable after construction: concurrent calls are fine.
class Grader {
 public:
  virtual ~Grader() = default;

  // The slot in metric names: "none" for a task's only grader, else its name ("base", "plus").
  virtual std::string_view slot() const = 0;

  // Names the rule and its version ("aime@1"). Grades made under another fingerprint are graded again.
  virtual std::string_view fingerprint() const = 0;

  // Fills every field of the Grade except key, grader, target, fingerprint and token counts,
  // which the run loop owns. Never throws, and
  // reports its own failure as not_graded.
  virtual Grade grade(const Question& question, const Completion& completion) const = 0;

  // Whether two answers are one candidate in a vote. Must be reflexive and symmetric.
  virtual bool same_answer(const Answer& a, const Answer& b) const { return a.vote_key == b.vote_key; }
};

} // namespace proctor
