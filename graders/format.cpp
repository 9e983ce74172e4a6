// SPDX-License-Identifier: MIT
#include "graders/format.h"

#include "graders/choice.h"
#include "graders/extract.h"
#include "harness/text/ascii.h"
#include "harness/text/think_split.h"

namespace proctor {
namespace {

// Moves past `tag`; false when the text goes on otherwise.
bool skip(std::string_view& text, std::string_view tag) {
  text = trim_left(text);
  if (!text.starts_with(tag)) return false;
  text.remove_prefix(tag.size());
  return true;
}

// Moves past the only `tag`, which must not come first.
bool skip_filled(std::string_view& text, std::string_view tag) {
  size_t at = text.find(tag);
  if (at == text.npos || at == 0) return false;
  text.remove_prefix(at + tag.size());
  return true;
}

bool occurs_once(std::string_view text, std::string_view tag) {
  size_t at = text.find(tag);
  return at != text.npos && text.find(tag, at + tag.size()) == text.npos;
}

bool holds_letter(const Question& question, std::string_view answer) {
  auto extracted = extract_choice(answer, question);
  return extracted && read_choice(extracted->text, options_of(question)).letter.has_value();
}

bool holds_what_was_asked(const Question& question, std::string_view answer, bool answer_found) {
  switch (question.form) {
  case AnswerForm::box: {
    auto box = last_box(answer);
    return box && !box->content.empty();
  }
  case AnswerForm::answer_tag: {
    auto tag = last_answer_tag(answer);
    return tag && !tag->content.empty();
  }
  case AnswerForm::letter: return holds_letter(question, answer);
  case AnswerForm::code_block: return holds_code_block(answer);
  case AnswerForm::any:
  case AnswerForm::r1_zero: break;
  }
  return answer_found;
}

bool thinking_is_closed(const Completion& completion, bool prefilled) {
  if (completion.status == CompletionStatus::truncated_thinking) return false;
  bool own_field = !completion.reasoning.empty() && find_think_tags(completion.text).empty();
  // A prompt that opened the thinking, and text that begins with it: it was ended by something that is no tag.
  if (own_field) return !(prefilled && completion.text.starts_with(completion.reasoning));
  return thinking_closed_once(completion.text, prefilled);
}

} // namespace

std::optional<bool> format_ok(const Question& question, const Completion& completion, bool answer_found) {
  if (completion.status == CompletionStatus::error) return std::nullopt;
  bool prefilled = prefills_thinking(question);
  if (question.form == AnswerForm::r1_zero) return is_r1_zero_format(completion.text, prefilled);
  return thinking_is_closed(completion, prefilled) &&
         holds_what_was_asked(question, completion.answer_text, answer_found);
}

bool is_r1_zero_format(std::string_view text, bool prefilled) {
  for (std::string_view tag : {"</think>", "<answer>", "</answer>"})
    if (!occurs_once(text, tag)) return false;
  bool opens = text.find("<think>") != text.npos;
  if (opens && !occurs_once(text, "<think>")) return false;
  std::string_view rest = text;
  if (!skip(rest, "<think>") && (opens || !prefilled)) return false;
  if (!opens) rest = text;
  return skip_filled(rest, "</think>") && skip(rest, "<answer>") && skip_filled(rest, "</answer>") &&
         trim(rest).empty();
}

bool thinking_closed_once(std::string_view text, bool prefilled) {
  size_t opened = 0, closed = 0;
  for (const ThinkTag& tag : find_think_tags(text)) {
    if (!tag.closes && closed > 0) return false;
    ++(tag.closes ? closed : opened);
  }
  if (opened == 0 && closed == 0) return !prefilled;
  return opened <= 1 && closed == 1;
}

} // namespace proctor
