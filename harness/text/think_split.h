// SPDX-License-Identifier: MIT
#pragma once

// Splits what a model wrote into its thinking and its answer. Truncated thinking is never an answer. The same rule
// serves text, where tags are found by their spelling, and an in-process engine, which knows at which bytes the
// special tokens stood, so that a quoted "</think>" cannot fool it. docs/reasoning_split.md explains the shapes.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/completion.h"

namespace proctor {

// One think tag: bytes [begin, end) of the text.
struct ThinkTag {
  size_t begin = 0;
  size_t end = 0;
  bool closes = false;
};

struct ThinkSplit {
  std::string reasoning;                                // without tags; several blocks are joined by a newline
  std::string answer;                                   // empty when truncated in thinking
  CompletionStatus status = CompletionStatus::complete; // never error
};

// Every "<think>" and "</think>" of the text, in order.
std::vector<ThinkTag> find_think_tags(std::string_view text);

// prefilled: the prompt already opened the thinking. finish: absent when not known.
ThinkSplit split_reasoning(std::string_view text, bool prefilled, std::optional<FinishReason> finish);

// The same with tag positions from the token stream; `tags` in order and within the text.
ThinkSplit split_reasoning(std::string_view text, std::span<const ThinkTag> tags, bool prefilled,
                           std::optional<FinishReason> finish);

// Fills reasoning, answer_text and status of a completion from its text and finish reason. A completion whose
// reasoning is already there (an endpoint's reasoning_content) keeps it, and its text is the answer.
void apply_split(Completion& completion, bool prefilled);

} // namespace proctor
