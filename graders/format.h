// SPDX-License-Identifier: MIT
#pragma once

// The format reward: does a completion look as its prompt asked? Independent of whether its answer is right.
//
//   box, answer_tag   the answer part holds a complete one that is not empty
//   letter            an option letter can be read from the answer
//   code_block        a fenced block opens and closes
//   any               nothing is known to be asked: an answer was found at all
//   r1_zero           the whole raw text is <think>..</think> <answer>..</answer>, each pair once, neither empty
//
// In all but r1_zero, thinking must be closed, once, where there is any. Thinking that arrives in a field of its own
// (an endpoint's reasoning_content) is closed.

#include <optional>
#include <string_view>

#include "harness/completion.h"

namespace proctor {

// Absent for a completion that is an error. answer_found: whether the task's grader found an answer.
std::optional<bool> format_ok(const Question& question, const Completion& completion, bool answer_found);

// ^\s*<think>.+</think>\s*<answer>.+</answer>\s*$ with exactly one of each tag. prefilled: the prompt wrote <think>.
bool is_r1_zero_format(std::string_view text, bool prefilled);

// Whether the thinking in a raw text is closed exactly once, or there is none.
bool thinking_closed_once(std::string_view text, bool prefilled);

} // namespace proctor
