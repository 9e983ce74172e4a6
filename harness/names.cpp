// SPDX-License-Identifier: MIT
// The JSON spellings of the enumerations of question.h, completion.h and grade.h.
#include <span>
#include <utility>

#include "harness/completion.h"
#include "harness/grade.h"

namespace proctor {
namespace {

template <class E> using Names = std::span<const std::pair<E, std::string_view>>;

template <class E> std::string_view name_of(Names<E> names, E value) {
  for (auto& [candidate, name] : names)
    if (candidate == value) return name;
  PROCTOR_CHECK(false && "unnamed enumerator");
  return {};
}

template <class E> std::optional<E> value_of(Names<E> names, std::string_view wanted) {
  for (auto& [candidate, name] : names)
    if (name == wanted) return candidate;
  return std::nullopt;
}

constexpr std::pair<AnswerForm, std::string_view> kForms[] = {
    {AnswerForm::any, "any"},         {AnswerForm::box, "box"},
    {AnswerForm::letter, "letter"},   {AnswerForm::answer_tag, "answer_tag"},
    {AnswerForm::r1_zero, "r1_zero"}, {AnswerForm::code_block, "code_block"}};

constexpr std::pair<FinishReason, std::string_view> kFinishReasons[] = {
    {FinishReason::stop, "stop"}, {FinishReason::length, "length"}, {FinishReason::error, "error"}};

constexpr std::pair<CompletionStatus, std::string_view> kStatuses[] = {
    {CompletionStatus::complete, "complete"},
    {CompletionStatus::truncated_thinking, "truncated_thinking"},
    {CompletionStatus::truncated_answer, "truncated_answer"},
    {CompletionStatus::error, "error"}};

constexpr std::pair<TextKind, std::string_view> kTextKinds[] = {
    {TextKind::answer, "answer"}, {TextKind::continuation, "continuation"}, {TextKind::program, "program"}};

constexpr std::pair<Verdict, std::string_view> kVerdicts[] = {
    {Verdict::correct, "correct"},      {Verdict::incorrect, "incorrect"}, {Verdict::no_answer, "no_answer"},
    {Verdict::truncated, "truncated"},  {Verdict::timed_out, "timed_out"}, {Verdict::forbidden, "forbidden"},
    {Verdict::not_graded, "not_graded"}};

} // namespace

std::string_view to_string(AnswerForm form) { return name_of<AnswerForm>(kForms, form); }
std::string_view to_string(FinishReason reason) { return name_of<FinishReason>(kFinishReasons, reason); }
std::string_view to_string(CompletionStatus status) { return name_of<CompletionStatus>(kStatuses, status); }
std::string_view to_string(TextKind kind) { return name_of<TextKind>(kTextKinds, kind); }
std::string_view to_string(Verdict verdict) { return name_of<Verdict>(kVerdicts, verdict); }

std::optional<AnswerForm> parse_answer_form(std::string_view name) { return value_of<AnswerForm>(kForms, name); }
std::optional<FinishReason> parse_finish_reason(std::string_view name) {
  return value_of<FinishReason>(kFinishReasons, name);
}
std::optional<CompletionStatus> parse_completion_status(std::string_view name) {
  return value_of<CompletionStatus>(kStatuses, name);
}
std::optional<TextKind> parse_text_kind(std::string_view name) { return value_of<TextKind>(kTextKinds, name); }
std::optional<Verdict> parse_verdict(std::string_view name) { return value_of<Verdict>(kVerdicts, name); }

} // namespace proctor
