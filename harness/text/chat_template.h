// SPDX-License-Identifier: MIT
#pragma once

// Messages to the exact prompt text of a model, through the chat template that came with it, and whether that prompt
// already opened the model's thinking.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/json.h"
#include "harness/question.h"
#include "harness/result.h"
#include "harness/text/jinja.h"

namespace proctor {

// What becomes of a "<think>" at the end of the prompt. DeepSeek recommends to enforce it; templates before
// February 2025 lack it.
enum class ThinkPrefill {
  from_template, // as the template has it
  force,         // append "<think>\n" when the template did not open the thinking
  off,           // take a trailing "<think>" off again
};

struct ChatOptions {
  bool add_generation_prompt = true;
  ThinkPrefill think_prefill = ThinkPrefill::from_template;
  std::string assistant_prefix;    // appended to the prompt as the beginning of the answer
  Json variables = Json::object(); // further names for the template: tools, enable_thinking, reasoning_effort, ...
  std::time_t now = 0;             // of strftime_now(), in UTC; 0: the clock's
};

struct ChatPrompt {
  std::string text;             // encode it with EncodeOptions{add_special = false}
  bool thinking_opened = false; // generation goes on inside "<think>": the completion has no opening tag
};

class ChatTemplate {
 public:
  // special_tokens: {"bos_token": "...", "eos_token": "...", ...}; names of the template. On failure: a usage error
  // with `name` and the line.
  static Result<ChatTemplate> parse(std::string source, std::string name, Json special_tokens);

  // messages: [{"role", "content", ...}]. On failure (the template refuses the conversation, it asks for something
  // that is not supported, it passes the limits): a usage error with the line.
  Result<ChatPrompt> render(const Json& messages, const ChatOptions& options = {}) const;
  Result<ChatPrompt> render(const std::vector<Message>& messages, const ChatOptions& options = {}) const;

  const std::string& source() const { return template_.source(); } // part of a run's identity

 private:
  ChatTemplate(JinjaTemplate jinja, Json special_tokens)
      : template_(std::move(jinja)), special_tokens_(std::move(special_tokens)) {}
  JinjaTemplate template_;
  Json special_tokens_;
};

// Whether a text that goes on after `tail` is inside "<think>": the last tag of `tail` opens.
bool leaves_thinking_open(std::string_view tail);

} // namespace proctor
