// SPDX-License-Identifier: MIT
#include "tasks/prompt.h"

#include <array>
#include <fmt/format.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr std::string_view kBoxRequest = "Please reason step by step, and put your final answer within \\boxed{}.";
constexpr std::string_view kLetterRequest = "Please reason step by step, and end with a last line of the form "
                                            "ANSWER: $LETTER, without quotes, where LETTER is "
                                            "the letter of one option.";
constexpr std::string_view kTagRequest =
    "Please reason step by step, and put your final answer, and nothing else, between <answer> and </answer>.";

// The published template, with {} where the question goes.
constexpr std::string_view kR1Zero =
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant "
    "first thinks about the reasoning process in the mind and then provides the user with the answer. The reasoning "
    "process and answer are enclosed within <think> </think> and <answer> </answer> tags, respectively, i.e., "
    "<think> "
    "reasoning process here </think> <answer> answer here </answer>. User: {}. Assistant:";

// Other spellings of kBoxRequest found in published prompt files.
constexpr std::array<std::string_view, 4> kKnownRequests = {
    kBoxRequest,
    "Please reason step by step, and put your final answer within \\boxed{{}}.",
    "Let's think step by step and output the final answer within \\boxed{}.",
    "Please think step by step and put your final answer within \\boxed{}.",
};

std::string_view request(AnswerForm form) {
  switch (form) {
  case AnswerForm::box: return kBoxRequest;
  case AnswerForm::letter: return kLetterRequest;
  case AnswerForm::answer_tag: return kTagRequest;
  default: return "";
  }
}

void add_line(std::string& text, std::string_view line) {
  if (line.empty()) return;
  if (!text.empty()) text += '\n';
  text += line;
}

std::string standard_prompt(const Ask& ask) {
  std::string text(trim(ask.text));
  add_line(text, ask.shape);
  if (!ask.asked_by_text) add_line(text, request(ask.form));
  return text;
}

// The template ends the question with a full stop of its own.
std::string r1_zero_prompt(const Ask& ask) {
  std::string text(trim(ask.text));
  add_line(text, ask.shape);
  if (text.ends_with('.')) text.pop_back();
  return fmt::format(kR1Zero, text);
}

} // namespace

void put_prompt(const Ask& ask, const std::vector<Shot>& shots, const TaskOptions& options, Question& question) {
  const bool zero = options.prompt_style == PromptStyle::r1_zero;
  question.messages.clear();
  if (!options.system.empty()) question.messages.push_back({"system", options.system});
  for (const Shot& shot : shots) {
    question.messages.push_back({"user", standard_prompt({shot.question, ask.form, ask.shape, ask.asked_by_text})});
    question.messages.push_back({"assistant", shot.answer});
  }
  question.messages.push_back({"user", zero ? r1_zero_prompt(ask) : standard_prompt(ask)});
  question.assistant_prefix.clear(); // the R1-Zero reply writes its own <think>
  question.form = zero ? AnswerForm::r1_zero : ask.form;
}

std::string_view without_instruction(std::string_view text) {
  text = trim(text);
  for (std::string_view known : kKnownRequests)
    if (text.ends_with(known)) return trim_right(text.substr(0, text.size() - known.size()));
  return text;
}

} // namespace proctor
