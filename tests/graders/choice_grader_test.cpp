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
           "Option: C",
           "The answer is option c.",
           "\u24B8",
           "Answer: \u24D2",
           "【C】",
           "答案选C",
           "答案选项是C",
           "故选：C",
           "因此选择C。",
           "答案是C。故选项A错误。",
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

TEST_CASE("choice: an option that is turned down is not chosen") {
  for (std::string_view text : {
           "The block slides, so B looks right to me.\n\nOption A is incorrect because momentum is not kept.",
           "The right option is not option A",
           R"(\boxed{A is wrong})",
           "(A) is wrong",
           "A is false.",
           "Option A isn't correct.",
           "Option A, however, is not correct.",
           "Option A would be the wrong answer.",
           "I don't think option A is correct.",
           "I doubt that option A is correct.",
           "There is no way option A is right.",
           "It is wrong to choose option A.",
           "Neither option A nor option C is correct.",
           "The answer is not (A).",
           "The answer is definitely not option A.",
           "Answer: A, B and C are wrong",
           R"(\boxed{\text{all except }(A)})",
           "Answer: anything but (A)",
           "The answer I thought of first, option A, is wrong.",
           "Option A seems correct at first, but it is wrong.",
           "Option A looks right, but it isn't.",
           "Option A is almost correct.",
           "Option A is less correct than option C.",
           "I don't know if the answer is A.",
           "I doubt that the answer is (A).",
           "A common wrong answer is A.",
       }) {
    CAPTURE(text);
    CHECK(grade_text("choice", "A", std::string(text)).verdict != correct);
  }
}

TEST_CASE("choice: beside options that are turned down the other one is chosen") {
  for (std::string_view text : {
           "Therefore option B is correct, and option A is incorrect.",
           "Option A is wrong and option B is correct.",
           "Option B is the best answer; choice A is wrong",
           "The best choice is B rather than option D.",
           "Answer: A is wrong, B is right",
           "The answer is B; A is wrong",
           "The answer is B, A is wrong.",
           "The answer is (B), not (A).",
           "Option B, not option A, is correct.",
           "While option A is tempting, option B is correct.",
           "We can eliminate option A, option C and option D, so option B is the answer.",
           "Not option A but option B is correct.",
           "No doubt option B is correct.",
           "Option B is correct, but it is not easy to see; option A is wrong.",
           "The answer is B rather than A.",
           "The answer is B.\n\nNote that the answer is not A.",
       }) {
    CAPTURE(text);
    CHECK(grade_text("choice", "B", std::string(text)).verdict == correct);
    CHECK(grade_text("choice", "A", std::string(text)).verdict == incorrect);
  }
}

TEST_CASE("choice: an option's own words turn nothing down") {
  for (std::string_view text : {
           "C: not enough is known",
           R"(\boxed{C. None of these is wrong})",
           "Answer: (C) The volume is not constant",
           "The statement that is not true is option C.",
           "The incorrect option is C.",
       }) {
    CAPTURE(text);
    CHECK(grade_text("choice", "C", std::string(text)).verdict == correct);
  }
}

TEST_CASE("choice: the words of a known option that deny something stand for its letter") {
  Question question = question_with("B");
  question.metadata["options"] = {"is doubled", "is not conserved"};
  CHECK(grade_text("choice", question, "The answer is (B) is not conserved.").verdict == correct);
  CHECK(grade_text("choice", question, "The answer is B is not conserved.").verdict == correct);
  CHECK(grade_text("choice", question, "Answer: (B) is not right").verdict == incorrect);
}

TEST_CASE("choice: several options that a last line leaves open are a hedge") {
  for (std::string_view text : {"Option A or option B is correct.", "Either option B or option A could be the answer."})
    for (std::string target : {"A", "B"}) CHECK(grade_text("choice", target, std::string(text)).verdict == incorrect);
}
