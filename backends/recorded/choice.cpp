// SPDX-License-Identifier: MIT
#include "backends/recorded/choice.h"

namespace proctor {
namespace {

std::optional<JsonValue> member(JsonValue object, std::string_view key) {
  JsonValue value;
  if (object.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

std::string text_at(JsonValue object, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys)
    if (auto value = member(object, key))
      if (auto text = as_text(*value)) return std::string(*text);
  return {};
}

bool is_true(JsonValue value) {
  bool flag = false;
  return value.get_bool().get(flag) == simdjson::SUCCESS && flag;
}

void append_line(std::string& text, std::string_view line) {
  if (!text.empty() && !line.empty()) text += '\n';
  text += line;
}

// Parts {"type": "reasoning" | "thinking"} of a message's content. What a provider has encrypted is no thinking.
std::string reasoning_parts(JsonValue content) {
  std::string reasoning;
  simdjson::dom::array parts;
  if (content.get_array().get(parts) != simdjson::SUCCESS) return reasoning;
  for (JsonValue part : parts) {
    std::string type = text_at(part, {"type"});
    if (type != "reasoning" && type != "thinking") continue;
    auto redacted = member(part, "redacted");
    bool is_redacted = redacted && is_true(*redacted);
    append_line(reasoning, is_redacted ? text_at(part, {"summary"}) : text_at(part, {"reasoning", "thinking"}));
  }
  return reasoning;
}

RecordedChoice read_object(JsonValue value) {
  JsonValue message = member(value, "message").value_or(value);
  RecordedChoice choice;
  choice.finish = text_at(value, {"finish_reason", "stop_reason"});
  choice.reasoning = text_at(message, {"reasoning_content", "reasoning"});
  if (auto content = member(message, "content")) {
    choice.text = content_text(*content);
    if (choice.reasoning.empty()) choice.reasoning = reasoning_parts(*content);
  } else if (auto text = member(message, "text")) {
    choice.text = content_text(*text);
  }
  return choice;
}

// A reasoning item of the responses API: {"type": "reasoning", "summary": [{"text": ...}], "content": [...]}.
std::string item_reasoning(JsonValue item) {
  for (std::string_view key : {"content", "summary"})
    if (auto list = member(item, key)) {
      std::string text;
      simdjson::dom::array parts;
      if (list->get_array().get(parts) == simdjson::SUCCESS)
        for (JsonValue part : parts) append_line(text, text_at(part, {"text"}));
      if (!text.empty()) return text;
    }
  return {};
}

RecordedChoice read_items(simdjson::dom::array items) {
  RecordedChoice choice;
  for (JsonValue item : items) {
    std::string type = text_at(item, {"type"});
    if (type == "reasoning") append_line(choice.reasoning, item_reasoning(item));
    if (type != "message") continue;
    if (!choice.text) choice.text.emplace();
    if (auto content = member(item, "content")) append_line(*choice.text, content_text(*content));
  }
  return choice;
}

bool has(JsonValue object, std::string_view key) { return object.at_key(key).error() == simdjson::SUCCESS; }

} // namespace

bool is_choice(JsonValue value) {
  if (value.is_null() || is_text(value)) return true;
  if (value.is_object()) return has(value, "message") || has(value, "content") || has(value, "text");
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS || items.size() == 0) return false;
  for (JsonValue item : items)
    if (!item.is_object() || text_at(item, {"type"}).empty()) return false;
  return true;
}

RecordedChoice read_choice(JsonValue value) {
  if (auto text = as_text(value)) return {std::string(*text), "", ""};
  if (value.is_object()) return read_object(value);
  simdjson::dom::array items;
  if (value.get_array().get(items) == simdjson::SUCCESS) return read_items(items);
  return {};
}

} // namespace proctor
