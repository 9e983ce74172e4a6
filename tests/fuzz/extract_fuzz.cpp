// SPDX-License-Identifier: MIT
// Any bytes through the extraction and every grader. Beyond not crashing: extracted answers are never blank, votes
// never empty, and a grade is a function of its input.

#include <cstddef>
#include <cstdint>
#include <string>

#include "graders/extract.h"
#include "graders/graders.h"
#include "harness/check.h"
#include "harness/text/ascii.h"
#include "harness/text/think_split.h"

using namespace proctor;

namespace {

Question question_for(std::string_view grader, AnswerForm form) {
  Question question;
  question.form = form;
  question.target = grader == "choice" ? "(B)" : grader == "knights_knaves" ? "Mia is a knight, Leo is a knave" : "7";
  if (grader == "choice") question.metadata["options"] = {"red", "blue", "green"};
  if (grader == "plan")
    question.metadata["statement"] =
        "As initial conditions I have that, the red block is clear, the hand is empty, the red block is on top of the blue block, "
        "the blue block is on the table.\nMy goal is to have that the blue block is on top of the red block.\n";
  return question;
}

void check_grade(const Grade& grade, const Grade& again) {
  if (grade.answer) PROCTOR_CHECK(!trim(*grade.answer).empty());
  if (grade.vote_key) PROCTOR_CHECK(!grade.vote_key->empty());
  PROCTOR_CHECK(grade.verdict != Verdict::not_graded);
  PROCTOR_CHECK(grade.vote_key == again.vote_key && grade.verdict == again.verdict);
  PROCTOR_CHECK(grade.explanation.find('\n') == std::string::npos);
}

} // namespace

// The first byte chooses the form and the finish reason, the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto form = static_cast<AnswerForm>(data[0] % 6);
  Completion completion;
  completion.text.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] & 0x80) completion.finish_reason = FinishReason::length;
  apply_split(completion, (data[0] & 0x40) != 0);
  if (auto found = extract_answer(completion.text, form, 100)) PROCTOR_CHECK(!trim(found->text).empty());
  for (const GraderInfo& info : grader_catalog()) {
    auto grader = make_grader(info.name);
    Question question = question_for(info.name, form);
    check_grade(grader->grade(question, completion), grader->grade(question, completion));
  }
  return 0;
}
