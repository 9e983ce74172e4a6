// SPDX-License-Identifier: MIT
#pragma once

// How to add a grader: "even" and "odd" as answers, in any case, wherever the task's prompt asked for them.

#include "graders/answer_grader.h"
#include "graders/extract.h"
#include "harness/text/ascii.h"

namespace proctor {

class ParityGrader final : public AnswerGrader {
 public:
  std::string_view fingerprint() const override { return "parity@1"; } // raise it when a verdict could move

 protected:
  // Boxes, answer tags and "the answer is" sentences are found by the shared extraction.
  std::optional<Extracted> extract(const Question& question, std::string_view answer_text) const override {
    constexpr size_t kShortAnswer = 10;
    return extract_answer(answer_text, question.form, kShortAnswer);
  }

  Judgement judge(const Question& question, const Extracted& extracted) const override {
    std::string answer = lower(trim(extracted.text));
    Judgement judgement;
    judgement.verdict = answer == question.target ? Verdict::correct : Verdict::incorrect;
    judgement.vote_key = answer; // equal keys are one candidate in a majority vote
    judgement.explanation = answer + (answer == question.target ? " is right" : " is not " + question.target);
    return judgement;
  }
};

} // namespace proctor
