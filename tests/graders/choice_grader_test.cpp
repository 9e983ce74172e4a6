// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/graders/grade_text.h"

using namespace proctor;
using enum Verdict;

namespace {

Question colours(std::string target) {
  Question question = question_with(std::move(target));
  question.metadata["options"] = {"the red book", "(B) the blue book", "the green book"};
  return question;
}

} // namespace

TEST_CASE("choice: the spellings of one letter are that letter") {
  for (std::string_view text : {
           "(C)",
           "C",
           "C.",
           "C)",
           R"(\boxed{C})",
           R"(\boxed{\text{C}})",
           R"(\boxed{\textbf{(C)}})",
           "**C**",
           "The answer is (C).",
           "So the answer is (C).",
           "the answer is C",
           "Answer: C",
           "**Answer: C**",
           "Answer: **(C)** foo",
           "The correct answer is option C.",
           "The correct option is (C).",
           "Therefore option C is correct.",
           "<answer>C</answer>",
           "<answer>(C) foo</answer>",
           "（Ｃ）",
           "Ｃ",
           "(c)",
           "c",
           "reason...\n\n(C)",
           "reason...\n\nC. foo",
           "Final answer: C",
           "The answer is C because (A) is wrong.",
           "The best answer is C: foo",
           "**Final Answer:**\n\n(C)",
           "The correct choice is **C**.",
           R"(\boxed{(C)})",
           R"(\boxed{C. foo})",
           "Answer: C) foo",
           "Answer: C - foo",
           "The answer is **C. The red fox**.",
           "Answer: [C]",
           R"(The answer is "C".)",
           "答案是C",
           "I choose option C.",
           "The answer is choice (C)",
       }) {
    CAPTURE(text);
    CHECK(grade_text("choice", question_with("(C)"), std::string(text)).verdict == correct);
  }
}

TEST_CASE("choice: other letters, hedges and other text are incorrect") {
  for (std::string_view text : {
           R"(\boxed{A or C})",
           "(A) or (C)",
           "The answer is (A) or (C).",
           R"(\boxed{A, C})",
           R"(\boxed{B})",
           "The answer is foo.",
           "<answer>f(x)</answer>",
           R"(\boxed{A})",
           "Answer: A and C",
           R"(\boxed{AC})",
       }) {
    CAPTURE(text);
    CHECK(grade_text("choice", question_with("C"), std::string(text)).verdict == incorrect);
  }
}

TEST_CASE("choice: prose without a choice holds no answer") {
  for (std::string_view text : {
           "A dog is here.",
           "I think so.",
           "",
       }) {
    CAPTURE(text);
    CHECK(grade_text("choice", question_with("C"), std::string(text)).verdict == no_answer);
  }
}

TEST_CASE("choice: the words of a known option stand for its letter") {
  for (std::string_view text : {
           R"(\boxed{the green book})",
           "The answer is the green book.",
           "The answer is C the green book",
           R"(\boxed{\text{The green book}})",
           "(C) the green book",
       }) {
    CAPTURE(text);
    CHECK(grade_text("choice", colours("(C)"), std::string(text)).verdict == correct);
  }
}

TEST_CASE("choice: letters beyond the known options and unreadable references") {
  CHECK(grade_text("choice", colours("C"), "The answer is (E)").verdict == incorrect);
  CHECK(grade_text("choice", colours("the blue book"), "(B)").verdict == correct);
  CHECK(grade_text("choice", colours("the pink book"), "(B)").verdict == not_graded);
}

TEST_CASE("choice: every spelling of a letter is one vote") {
  for (std::string text : {"(b)", "\\boxed{\\text{B}}", "The answer is B.", "Answer: (B) blue"})
    CHECK(grade_text("choice", "A", text).vote_key == "B");
}
