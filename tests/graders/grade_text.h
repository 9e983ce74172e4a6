// SPDX-License-Identifier: MIT
#pragma once

// Helpers of the grader tests: a question, a text, a grade.

#include <string>
#include <string_view>
#include <utility>

#include "graders/graders.h"
#include "harness/text/think_split.h"

namespace proctor {

inline Question question_with(std::string target, AnswerForm form = AnswerForm::any) {
  Question question;
  question.target = std::move(target);
  question.form = form;
  return question;
}

inline Completion completion_of(std::string text, std::optional<FinishReason> finish = {}, bool prefilled = false) {
  Completion completion;
  completion.text = std::move(text);
  completion.finish_reason = finish;
  apply_split(completion, prefilled);
  return completion;
}

inline Grade grade_text(std::string_view grader, const Question& question, std::string text,
                        std::optional<FinishReason> finish = {}) {
  return make_grader(grader)->grade(question, completion_of(std::move(text), finish));
}

inline Grade grade_text(std::string_view grader, std::string target, std::string text) {
  return grade_text(grader, question_with(std::move(target)), std::move(text));
}

} // namespace proctor
