// SPDX-License-Identifier: MIT
#pragma once

// How to make a task: questions with prompts and targets, and the graders that judge them.

#include <fmt/format.h>

#include "harness/task.h"
#include "tests/examples/example_grader.h"

namespace proctor {

inline Task make_parity_task(int n_questions) {
  Task task;
  task.name = "parity";
  task.version = "1";
  task.source = "generated";
  task.graders.push_back(std::make_unique<ParityGrader>());
  for (int i = 0; i < n_questions; ++i) {
    Question question;
    question.doc_id = std::to_string(i);
    question.messages = {{"user", fmt::format("Is {} even or odd? Put your answer within \\boxed{{}}.", 7 * i + 3)}};
    question.form = AnswerForm::box; // what the prompt asks for; the format metric checks it
    question.target = (7 * i + 3) % 2 == 0 ? "even" : "odd";
    task.questions.push_back(std::move(question));
  }
  return task;
}

} // namespace proctor
