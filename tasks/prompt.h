// SPDX-License-Identifier: MIT
#pragma once

// The words around a question, as pure functions. Sources:
// * the request for a box: DeepSeek-R1's model card, "Usage Recommendations"; no system text by default, as it
// advises
// * the R1-Zero template: DeepSeek-R1 report (arXiv 2501.12948), table 1
// * the last line of a choice: DeepSeek-R1 report, evaluation prompts, and simple-evals ("ANSWER: $LETTER")
// Everything else is proctor's own wording.

#include <string>
#include <string_view>
#include <vector>

#include "tasks/catalog.h"

namespace proctor {

// What a task wants asked. `shape` says, in words that fit every style, what an answer is made of ("Give the letter
// of
// the right option."); it may be empty.
struct Ask {
  std::string text;
  AnswerForm form = AnswerForm::box;
  std::string shape;
  bool asked_by_text = false; // the text itself says how the answer is to look
};

// A worked example: what is asked and what is answered.
struct Shot {
  std::string question, answer;
};

// Fills messages, assistant_prefix and form of a question. shots: worked examples, which go before it as turns of the
// conversation.
void put_prompt(const Ask& ask, const std::vector<Shot>& shots, const TaskOptions& options, Question& question);
inline void put_prompt(const Ask& ask, const TaskOptions& options, Question& question) {
  put_prompt(ask, {}, options, question);
}

// The question without a request for a box that the data already carries at its end.
std::string_view without_instruction(std::string_view text);

} // namespace proctor
