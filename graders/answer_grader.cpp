// SPDX-License-Identifier: MIT
#include "graders/answer_grader.h"

#include "graders/format.h"
#include "graders/text_tools.h"

namespace proctor {
namespace {

bool is_truncated(const Completion& completion, const std::optional<Extracted>& extracted) {
  if (completion.status == CompletionStatus::truncated_thinking) return true;
  return completion.status == CompletionStatus::truncated_answer && !(extracted && extracted->marked);
}

Grade failed(const Completion& completion) {
  Grade grade;
  grade.verdict = Verdict::not_graded;
  grade.reason = "backend_error";
  std::string why = completion.error.empty() ? "unknown error" : one_line(completion.error, 200);
  grade.explanation = "no completion: " + why;
  return grade;
}

Grade truncated(const Completion& completion) {
  Grade grade;
  grade.verdict = Verdict::truncated;
  grade.reason = to_string(completion.status);
  grade.explanation = completion.status == CompletionStatus::truncated_thinking
                          ? "the thinking was never closed"
                          : "the answer was cut off before it was complete";
  return grade;
}

void apply(Grade& grade, Judgement judgement, Extracted extracted) {
  grade.verdict = judgement.verdict;
  grade.reason = std::move(judgement.reason);
  if (grade.verdict == Verdict::incorrect && grade.reason.empty()) grade.reason = "wrong_answer";
  grade.explanation = std::move(judgement.explanation);
  grade.stats = std::move(judgement.stats);
  grade.stats["extraction"] = extracted.method;
  if (grade.verdict != Verdict::not_graded) grade.vote_key = std::move(judgement.vote_key);
  grade.answer = std::move(extracted.text);
}

} // namespace

Grade AnswerGrader::grade(const Question& question, const Completion& completion) const {
  if (completion.status == CompletionStatus::error) return failed(completion);
  std::optional<Extracted> extracted;
  if (completion.status != CompletionStatus::truncated_thinking)
    extracted = extract_from(question, completion);
  Grade grade;
  bool cut = is_truncated(completion, extracted);
  if (cut) {
    grade = truncated(completion);
  } else if (!extracted) {
    grade.verdict = Verdict::no_answer;
    grade.explanation = "no answer found";
  } else {
    Judgement judgement = judge(question, *extracted);
    apply(grade, std::move(judgement), std::move(*extracted));
  }
  grade.format_ok = format_ok(question, completion, grade.answer.has_value());
  return grade;
}

} // namespace proctor
