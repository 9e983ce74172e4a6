// SPDX-License-Identifier: MIT
#pragma once

// What is asked: one question of a task, and the key that names one sampled answer to it. Plain values.

#include <compare>
#include <string>
#include <vector>

#include "harness/json.h"

namespace proctor {

// Names one sample of a run. Every record of the run log carries it.
struct SampleKey {
  std::string task;
  std::string doc_id;
  int sample_idx = 0;
  auto operator<=>(const SampleKey&) const = default;
};

struct Message {
  std::string role; // "system", "user", "assistant"
  std::string content;
  bool operator==(const Message&) const = default;
};

// What the prompt asked the answer to look like; the format metric checks it (graders/format.h).
enum class AnswerForm {
  any,        // nothing asked, or the prompt is not known
  box,        // \boxed{...}
  answer_tag, // <answer>...</answer>
  letter,     // one option letter
  code_block, // a fenced block
  r1_zero,    // exactly <think>...</think> <answer>...</answer> (DeepSeek-R1 report, 2.2)
};

struct Question {
  std::string doc_id;            // the data's own id, else the zero-based index
  std::vector<Message> messages; // empty for recorded outputs whose prompt is not known
  std::string assistant_prefix;  // what the reply must continue, such as "<think>\n"; usually empty
  std::string target;            // the reference answer, as text
  AnswerForm form = AnswerForm::any;
  Json metadata = Json::object(); // what the task's graders need beyond the target: options, names, tests
  std::string level;              // difficulty, empty where there is none
  std::string cluster;            // questions that share a template or family, empty: a cluster of its own
};

// "any", "box", ...: the spelling in questions.jsonl.
std::string_view to_string(AnswerForm form);
std::optional<AnswerForm> parse_answer_form(std::string_view name);

// 32 hex digits over messages and assistant_prefix. Logged samples are reused only under an equal hash.
std::string prompt_hash(const Question& question);

// True when the prompt itself opens the thinking, so that the reply starts inside it.
bool prefills_thinking(const Question& question);

} // namespace proctor
