// SPDX-License-Identifier: MIT
#include "graders/answer_grader.h"

#include "graders/format.h"
#include "graders/text_tools.h"

namespace proctor {
namespace {

Grade failed(const Completion& completion) {
  Grade grade;
  grade.verdict = Verdict::not_graded;
  grade.reason = "backend_error";
  std::string why = completion.error.empty() ? "unknown error" : one_line(completion.error, 200);
  grade.explanation = "no completion: " + why;
  return grade;
}

Grade truncated(const Question& question, const Completion& completion) {
  Grade grade;
  grade.verdict = Verdict::truncated;
  grade.reason = to_string(completion.status);
  grade.explanation = completion.status == CompletionStatus::truncated_thinking
                          ? "the thinking was never closed"
                          : "the answer was cut off before it was complete";
  grade.format_ok = format_ok(question, completion, false);
  return grade;
}

void apply(Grade& grade, Judgement judgement, Extracted extracted) {
  grade.verdict = judgement.verdict;
  grade.reason = std::move(judgement.reason);
  if (grade.verdict == Verdict::incorrect && grade.reason.empty()) grade.reason = "wrong_answer";
  grade.explanation = std::move(judgement.explanation);
  grade.stats = std::move(judgement.stats);
  grade.stats["extraction"] = extracted.method;
  if (grade.verdict != Verdict::not_graded && !judgement.vote_key.empty()) grade.vote_key = std::move(judgement.vote_key);
  grade.answer = std::move(extracted.text);
}

} // namespace

std::optional<Grade> grade_of_unfinished(const Question& question, const Completion& completion, bool has_marked_answer) {
  switch (completion.status) {
  case CompletionStatus::error: return failed(completion);
  case CompletionStatus::truncated_thinking: return truncated(question, completion);
  case CompletionStatus::truncated_answer: return has_marked_answer ? std::nullopt : std::optional(truncated(question, completion));
  case CompletionStatus::complete: break;
  }
  return std::nullopt;
}

Judgement AnswerGrader::judge_any(const Question& question, const Extracted& extracted) const {
  Judgement first = judge(question, extracted);
  const Json* others = find_member(question.metadata, kOtherTargets);
  if (others == nullptr || !others->is_array()) return first;
  Question other = question;
  for (const Json& target : *others) {
    if (first.verdict == Verdict::correct) break;
    other.target = scalar_text(target).value_or("");
    if (Judgement judgement = judge(other, extracted); judgement.verdict == Verdict::correct) first = std::move(judgement);
  }
  return first;
}

Grade AnswerGrader::grade(const Question& question, const Completion& completion) const {
  const bool has_answer_part = completion.status != CompletionStatus::error && completion.status != CompletionStatus::truncated_thinking;
  std::optional<Extracted> extracted;
  if (has_answer_part) extracted = extract_from(question, completion);
  if (auto unfinished = grade_of_unfinished(question, completion, extracted && extracted->marked)) return *unfinished;
  Grade grade;
  if (!extracted) {
    grade.verdict = Verdict::no_answer;
    grade.explanation = "no answer found";
  } else {
    Judgement judgement = judge_any(question, *extracted);
    apply(grade, std::move(judgement), std::move(*extracted));
  }
  grade.format_ok = format_ok(question, completion, grade.answer.has_value());
  return grade;
}

} // namespace proctor
