// SPDX-License-Identifier: MIT
#pragma once

// The frame every answer grader shares: what becomes of errors, truncation and missing answers is decided once,
// here; a grader only says how to find an answer in the answer part and how to judge it.

#include <optional>
#include <string>
#include <string_view>

#include "harness/grader.h"

namespace proctor {

// An answer as found in the answer part.
struct Extracted {
  std::string text;
  std::string method;  // "box", "answer_tag", "letter", "last_number", ...: counted by reports
  bool marked = false; // stands in a complete box, answer tag or code block, so a cut-off answer may be graded
};

struct Judgement {
  Verdict verdict = Verdict::incorrect; // correct, incorrect or not_graded (a target that cannot be read)
  std::string reason;                   // wrong_answer, undecided, grader_error, ...
  std::string vote_key;                 // canonical form of the answer; empty: the grader names no answers
  std::string explanation;              // one line
  Json stats = Json::object();          // what reports count: certificate, policies, tests
};

// What becomes of a completion that did not come to its end, whatever the grader: of an error not_graded, of an unclosed
// thinking and of an answer part that was cut off before it held a marked answer truncated. nullopt: it is to be graded.
std::optional<Grade> grade_of_unfinished(const Question& question, const Completion& completion, bool has_marked_answer = false);

// In a question's metadata: a list of further reference answers, each of which is as right as the target.
constexpr std::string_view kOtherTargets = "other_targets";

class AnswerGrader : public Grader {
 public:
  std::string_view slot() const override { return "none"; }
  Grade grade(const Question& question, const Completion& completion) const final;

 protected:
  virtual std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const = 0;
  // For graders that look at more of a completion than its answer part.
  virtual std::optional<Extracted> extract_from(const Question& question, const Completion& completion) const {
    return extract(question, completion.answer_text);
  }
  virtual Judgement judge(const Question& question, const Extracted& extracted) const = 0;

 private:
  Judgement judge_any(const Question& question, const Extracted& extracted) const;
};

} // namespace proctor
