// SPDX-License-Identifier: MIT
#include "graders/answer_grader.h"

#include <doctest/doctest.h>

#include "graders/format.h"
#include "tests/graders/grade_text.h"

using namespace proctor;
using enum Verdict;

namespace {

constexpr auto kLength = FinishReason::length;
constexpr auto kStop = FinishReason::stop;

bool format_of(AnswerForm form, std::string text, std::optional<FinishReason> finish = kStop) {
  Question question = question_with("7", form);
  return make_grader("number")->grade(question, completion_of(std::move(text), finish)).format_ok.value();
}

} // namespace

TEST_CASE("a completion that failed is not graded and says why") {
  Completion completion;
  completion.status = CompletionStatus::error;
  completion.error = "HTTP 500\nafter 5 attempts";
  Grade grade = make_grader("aime")->grade(question_with("7"), completion);
  CHECK(grade.verdict == not_graded);
  CHECK(grade.reason == "backend_error");
  CHECK_FALSE(grade.format_ok.has_value());
  CHECK(grade.explanation == "no completion: HTTP 500 after 5 attempts");
}

TEST_CASE("truncated thinking is truncated, whatever it had boxed") {
  Grade grade = grade_text("aime", question_with("7"), "<think>maybe \\boxed{7}", kLength);
  CHECK(grade.verdict == truncated);
  CHECK(grade.reason == "truncated_thinking");
  CHECK(grade.format_ok == false);
  CHECK_FALSE(grade.answer.has_value());
  CHECK_FALSE(grade.vote_key.has_value());
}

TEST_CASE("a truncated answer is graded only where it is already marked") {
  Question question = question_with("7");
  CHECK(grade_text("aime", question, "so \\boxed{7} because", kLength).verdict == correct);
  CHECK(grade_text("aime", question, "<answer>7</answer> as", kLength).verdict == correct);
  CHECK(grade_text("aime", question, "The answer is 7", kLength).verdict == truncated);
  CHECK(grade_text("aime", question, "so \\boxed{7", kLength).verdict == truncated);
  CHECK(grade_text("aime", question, "<answer>7", kLength).verdict == truncated);
  CHECK(grade_text("aime", question, "The answer is 7", kStop).verdict == correct);
}

TEST_CASE("nothing extracted is no answer, not a wrong one") {
  Grade grade = grade_text("aime", "7", "I do not know.");
  CHECK(grade.verdict == no_answer);
  CHECK(grade.explanation == "no answer found");
  CHECK_FALSE(grade.vote_key.has_value());
}

TEST_CASE("an answer in the thinking is not the answer") {
  CHECK(grade_text("aime", "7", "<think>\\boxed{7}</think> The answer is 8.").verdict == incorrect);
  CHECK(grade_text("aime", "7", "<think>\\boxed{7}</think> Hm.").verdict == no_answer);
}

TEST_CASE("format: the answer part holds what the prompt asked for") {
  CHECK(format_of(AnswerForm::box, "<think>a</think>\\boxed{8}"));
  CHECK_FALSE(format_of(AnswerForm::box, "<think>\\boxed{8}</think>The answer is 8."));
  CHECK_FALSE(format_of(AnswerForm::box, "\\boxed{}"));
  CHECK(format_of(AnswerForm::answer_tag, "<answer>8</answer>"));
  CHECK_FALSE(format_of(AnswerForm::answer_tag, "\\boxed{8}"));
  CHECK_FALSE(format_of(AnswerForm::answer_tag, "<answer>8"));
  CHECK(format_of(AnswerForm::letter, "The answer is (B)."));
  CHECK_FALSE(format_of(AnswerForm::letter, "The answer is 8."));
  CHECK(format_of(AnswerForm::code_block, "```python\nprint(8)\n```"));
  CHECK_FALSE(format_of(AnswerForm::code_block, "```python\nprint(8)"));
  CHECK(format_of(AnswerForm::any, "The answer is 8."));
  CHECK_FALSE(format_of(AnswerForm::any, "Hard to say."));
}

TEST_CASE("format: thinking must be closed, once, where there is any") {
  CHECK(thinking_closed_once("no thinking", false));
  CHECK(thinking_closed_once("<think>a</think>b", false));
  CHECK(thinking_closed_once("a</think>b", true));
  CHECK(thinking_closed_once("a</think>b", false));
  CHECK_FALSE(thinking_closed_once("a b", true));
  CHECK_FALSE(thinking_closed_once("<think>a", false));
  CHECK_FALSE(thinking_closed_once("<think>a</think>b</think>", false));
  CHECK_FALSE(thinking_closed_once("<think>a</think>b<think>c</think>d", false));
  CHECK_FALSE(thinking_closed_once("<think><think>a</think>b", false));
}

TEST_CASE("format: an answer after thinking that no tag closed is graded but not well formed") {
  Grade grade = grade_text("aime", question_with("7", AnswerForm::answer_tag), "<think>a\n<answer>7</answer>", kStop);
  CHECK(grade.verdict == correct);
  CHECK(grade.format_ok == false);
}

TEST_CASE("format: thinking in a field of its own is closed") {
  Completion completion;
  completion.text = "\\boxed{7}";
  completion.reasoning = "long";
  completion.answer_text = completion.text;
  Question question = question_with("7", AnswerForm::box);
  CHECK(make_grader("aime")->grade(question, completion).format_ok == true);
  question.assistant_prefix = "<think>\n";
  CHECK(make_grader("aime")->grade(question, completion).format_ok == true);
}

TEST_CASE("format: R1-Zero's template is exactly one pair of each tag and nothing around them") {
  for (std::string_view text :
       {"<think>a</think><answer>b</answer>", " \n<think>a\nb</think>\n <answer>b</answer>\n"})
    CHECK(is_r1_zero_format(text, false));
  for (std::string_view text :
       {"", "<think></think><answer>b</answer>", "<think>a</think><answer></answer>", "<think>a</think>b",
        "<think>a</think> so <answer>b</answer>", "x <think>a</think><answer>b</answer>",
        "<think>a</think><answer>b</answer>.", "<think>a<think>b</think><answer>b</answer>",
        "<think>a</think></think><answer>b</answer>", "<think>a</think><answer>b</answer><answer>c</answer>",
        "<answer>b</answer><think>a</think>", "<think>a<answer>b</answer></think>", "a</think><answer>b</answer>",
        "<think>a</think><answer>b"})
    CHECK_MESSAGE(!is_r1_zero_format(text, false), text);
  CHECK(is_r1_zero_format("a</think><answer>b</answer>", true));
  CHECK_FALSE(is_r1_zero_format("</think><answer>b</answer>", true));
}

TEST_CASE("every catalogued grader can be made and names itself") {
  CHECK(grader_catalog().size() == 9);
  for (const GraderInfo& info : grader_catalog()) {
    auto grader = make_grader(info.name);
    REQUIRE(grader != nullptr);
    const bool rounded = info.name == "math_rounded";
    CHECK(grader->fingerprint().starts_with(rounded ? "math@" : info.name + "@"));
    CHECK(grader->fingerprint().ends_with("+gold_ulp=on") == rounded);
    CHECK(grader->slot() == "none");
    CHECK_FALSE(info.summary.empty());
  }
  CHECK(make_grader("nonsense") == nullptr);
}
