// SPDX-License-Identifier: MIT
#include "harness/text/think_split.h"

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";

void append_block(std::string& reasoning, std::string_view block) {
  if (!reasoning.empty()) reasoning += '\n';
  reasoning += block;
}

// A complete <answer>...</answer> that ends the text: some RL checkpoints close their thinking with something that
// is no tag and then answer properly. Returns where it begins.
std::optional<size_t> closing_answer_block(std::string_view text) {
  if (!trim_right(text).ends_with("</answer>")) return std::nullopt;
  size_t begin = text.rfind("<answer>");
  return begin == text.npos ? std::nullopt : std::optional(begin);
}

// Some records carry the thinking twice: in a field of its own and in the text.
bool holds_thinking(std::string_view text, std::string_view reasoning) {
  text = trim_left(text);
  if (text.starts_with(kOpen)) text = trim_left(text.substr(kOpen.size()));
  return text.starts_with(trim(reasoning));
}

ThinkSplit unclosed(std::string_view text, size_t thinking_begin, std::optional<FinishReason> finish) {
  if (finish != FinishReason::length)
    if (auto block = closing_answer_block(text); block && *block >= thinking_begin)
      return {std::string(text.substr(thinking_begin, *block - thinking_begin)), std::string(text.substr(*block)),
              CompletionStatus::complete};
  return {std::string(text.substr(thinking_begin)), "", CompletionStatus::truncated_thinking};
}

// Moves every later <think>...</think> block of text[from, end) to the reasoning; the rest is the answer.
ThinkSplit split_answer(std::string_view text, size_t from, std::span<const ThinkTag> tags, std::string reasoning,
                        std::optional<FinishReason> finish) {
  ThinkSplit split{std::move(reasoning), "", CompletionStatus::complete};
  const ThinkTag* open = nullptr;
  for (const ThinkTag& tag : tags) {
    if (tag.begin < from) continue;
    if (!tag.closes) {
      if (open == nullptr) open = &tag;
    } else if (open != nullptr) {
      split.answer += text.substr(from, open->begin - from);
      append_block(split.reasoning, text.substr(open->end, tag.begin - open->end));
      from = tag.end;
      open = nullptr;
    }
  }
  if (open != nullptr && finish == FinishReason::length) {
    append_block(split.reasoning, text.substr(open->end));
    split.answer.clear();
    split.status = CompletionStatus::truncated_thinking;
    return split;
  }
  split.answer += text.substr(from);
  if (finish == FinishReason::length) split.status = CompletionStatus::truncated_answer;
  return split;
}

} // namespace

std::vector<ThinkTag> find_think_tags(std::string_view text) {
  std::vector<ThinkTag> tags;
  for (size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    std::string_view rest = text.substr(at);
    if (rest.starts_with(kOpen))
      tags.push_back({at, at + kOpen.size(), false});
    else if (rest.starts_with(kClose))
      tags.push_back({at, at + kClose.size(), true});
  }
  return tags;
}

ThinkSplit split_reasoning(std::string_view text, bool prefilled, std::optional<FinishReason> finish) {
  return split_reasoning(text, find_think_tags(text), prefilled, finish);
}

ThinkSplit split_reasoning(std::string_view text, std::span<const ThinkTag> tags, bool prefilled,
                           std::optional<FinishReason> finish) {
  const ThinkTag* first = tags.empty() ? nullptr : &tags.front();
  bool opens_at_start = first != nullptr && !first->closes && trim_left(text.substr(0, first->begin)).empty();
  bool closes_first = first != nullptr && first->closes;
  if (!prefilled && !opens_at_start && !closes_first) return split_answer(text, 0, tags, "", finish);

  size_t begin = opens_at_start ? first->end : 0; // a repeated tag after a prefilled one is dropped too
  for (const ThinkTag& tag : tags)
    if (tag.closes)
      return split_answer(text, tag.end, tags, std::string(text.substr(begin, tag.begin - begin)), finish);
  return unclosed(text, begin, finish);
}

void apply_split(Completion& completion, bool prefilled) {
  if (completion.status == CompletionStatus::error) return;
  if (!completion.reasoning.empty() && !holds_thinking(completion.text, completion.reasoning)) {
    completion.answer_text = completion.text;
    bool cut = completion.finish_reason == FinishReason::length;
    completion.status = !cut                            ? CompletionStatus::complete
                        : trim(completion.text).empty() ? CompletionStatus::truncated_thinking
                                                        : CompletionStatus::truncated_answer;
    return;
  }
  ThinkSplit split = split_reasoning(completion.text, prefilled, completion.finish_reason);
  completion.reasoning = std::move(split.reasoning);
  completion.answer_text = std::move(split.answer);
  completion.status = split.status;
}

} // namespace proctor
