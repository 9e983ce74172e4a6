// SPDX-License-Identifier: MIT
#pragma once

// What a model wrote for one sample, how it ended and what it used. Filled by backends, stored in samples.jsonl.

#include <cstdint>
#include <optional>
#include <string>

#include "harness/question.h"

namespace proctor {

enum class FinishReason { stop, length, error };

enum class CompletionStatus {
  complete,
  truncated_thinking, // ended before the thinking was closed: there is no answer
  truncated_answer,   // the thinking was closed, the answer was cut off by the token limit
  error,              // the backend failed; not done, a later attempt supersedes it
};

// What kind of text a code grader gets; everything but code treats all three alike.
enum class TextKind {
  answer,       // prose to extract an answer or a code block from
  continuation, // continues the prompt, as HumanEval's `completion`
  program,      // a whole program, as EvalPlus' `solution`
};

// Token counts and money as reported; what was not reported is absent, never 0.
struct Usage {
  std::optional<int64_t> prompt_tokens;
  std::optional<int64_t> cached_tokens; // part of prompt_tokens
  std::optional<int64_t> completion_tokens;
  std::optional<int64_t> reasoning_tokens; // part of completion_tokens
  std::optional<double> reported_usd;
};

// Puts thinking that was counted beside the completion into it: what the total of all tokens tells. xAI counts so, "in
// total_tokens" but "separately from completion_tokens" (docs.x.ai, "Consumption and Rate Limits"), OpenAI does not.
void count_thinking_beside(Usage& usage, std::optional<int64_t> total_tokens);

struct Completion {
  SampleKey key;
  std::string prompt_hash;
  std::string text; // all that the model wrote, any bytes
  TextKind text_kind = TextKind::answer;
  std::string reasoning;   // the thinking, without its tags (text/think_split.h)
  std::string answer_text; // what follows the thinking; the only part a grader may read an answer from
  std::optional<FinishReason> finish_reason; // absent: not known
  CompletionStatus status = CompletionStatus::complete;
  std::string error; // why, when status is error
  Usage usage;
  std::optional<double> seconds;
  std::optional<double> ttft_s; // time to first token
  std::optional<double> step_seconds; // its share of the time of the engine's steps
  std::optional<uint64_t> seed;
  std::optional<double> logprob_sum;
  std::string extra; // a JSON object with what a recorded file knew besides, kept as it was; empty: nothing
};

std::string_view to_string(FinishReason reason);
std::string_view to_string(CompletionStatus status);
std::string_view to_string(TextKind kind);
std::optional<TextKind> parse_text_kind(std::string_view name);
std::optional<FinishReason> parse_finish_reason(std::string_view name);
std::optional<CompletionStatus> parse_completion_status(std::string_view name);

} // namespace proctor
