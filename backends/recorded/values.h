// SPDX-License-Identifier: MIT
#pragma once

// Single JSON values of a recorded file as the values that proctor knows. Pure; nothing here throws or keeps a
// reference to the element.

#include <optional>
#include <simdjson.h>
#include <string>
#include <vector>

#include "harness/completion.h"

namespace proctor {

using JsonValue = simdjson::dom::element;

// "a string", "an object", ...: for error messages.
std::string_view kind_name(JsonValue value);

bool is_text(JsonValue value);
std::optional<std::string_view> as_text(JsonValue value);

// A string as it is, 7 and 7.0 as "7", true as "true"; nullopt for null, arrays and objects.
std::optional<std::string> scalar_text(JsonValue value);

// 3, 3.0 and "3" are 3; nullopt for everything else, negative numbers included.
std::optional<int> as_index(JsonValue value);

// What a reference answer is as text: a scalar, the only element of a list, else the JSON itself; nullopt for null.
std::optional<std::string> target_text(JsonValue value);

// A prompt: a string is one user message; a list of {role, content} is itself. Anything else is kept as JSON text.
std::vector<Message> prompt_messages(JsonValue value);

// A message's content: a string, or the joined text parts of a list of parts.
std::string content_text(JsonValue value);

// The names of OpenAI (chat and responses), DeepSeek, Anthropic, Inspect and OpenRouter. prompt_tokens is all of the
// prompt: Anthropic's input_tokens leaves out cache_read_input_tokens and cache_creation_input_tokens (Anthropic,
// "Prompt caching", tracking cache performance), and so does that of Inspect (ModelUsage, inspect_ai pull request 3341).
Usage read_usage(JsonValue value);

struct RecordedFinish {
  std::optional<FinishReason> reason;
  bool plain = true; // false: the recorded word says more than the reason and is kept
};
RecordedFinish read_finish(std::string_view word);

// A recorded label: true/false, 1/0, correct/incorrect, pass/fail, a verdict's name, C/I, or a list of one of them.
// nullopt: the value is not such a label.
std::optional<bool> read_label(JsonValue value);

// Appends `"key":value` to the JSON object text under construction ("" at first); close_object() ends it.
void append_member(std::string& object, std::string_view key, std::string_view value_json);
void close_object(std::string& object);
std::string quoted_json(std::string_view text);

} // namespace proctor
