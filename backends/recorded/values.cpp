// SPDX-License-Identifier: MIT
#include "backends/recorded/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "harness/grade.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using simdjson::dom::element_type;

std::string number_text(double value) {
  constexpr double kExact = 9007199254740992.0; // 2^53
  if (std::trunc(value) == value && std::abs(value) <= kExact) return fmt::format("{}", static_cast<int64_t>(value));
  return fmt::format("{}", value);
}

std::optional<JsonValue> member(JsonValue object, std::string_view key) {
  JsonValue value;
  if (object.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<int64_t> count_at(JsonValue usage, std::string_view pointer) {
  JsonValue value;
  if (usage.at_pointer(pointer).get(value) != simdjson::SUCCESS) return std::nullopt;
  constexpr double kMost = 1e15; // sums of counts stay far from overflow
  if (double x = 0; value.get_double().get(x) == simdjson::SUCCESS && x >= 0 && x < kMost)
    return static_cast<int64_t>(x);
  return std::nullopt;
}

std::optional<int64_t> first_count(JsonValue usage, std::initializer_list<std::string_view> pointers) {
  for (std::string_view pointer : pointers)
    if (auto n = count_at(usage, pointer)) return n;
  return std::nullopt;
}

// Cached tokens that are no part of input_tokens: those that Anthropic read and wrote. Inspect counts like it; its logs
// before 0.3.208 do not for every provider, and their totals tell.
int64_t tokens_beside_input(JsonValue value, const Usage& usage, std::optional<int64_t> total) {
  if (count_at(value, "/prompt_tokens") || count_at(value, "/input_tokens_details/cached_tokens")) return 0;
  const int64_t cached = first_count(value, {"/cache_read_input_tokens", "/input_tokens_cache_read"}).value_or(0) +
                         first_count(value, {"/cache_creation_input_tokens", "/input_tokens_cache_write"}).value_or(0);
  const int64_t input = *usage.prompt_tokens, both = input + usage.completion_tokens.value_or(0);
  const int64_t reasoning = usage.reasoning_tokens.value_or(0);
  auto is_total = [&](int64_t sum) { return total && (*total == sum || *total == sum + reasoning); };
  const bool within = cached <= input && is_total(both) && !is_total(both + cached);
  return within ? 0 : cached;
}

std::optional<double> first_amount(JsonValue usage, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys)
    if (auto value = member(usage, key)) {
      double amount = 0;
      if (value->get_double().get(amount) == simdjson::SUCCESS && amount >= 0) return amount;
    }
  return std::nullopt;
}

// A part of a message's content that is text for the reader, not thinking, an image or a call.
std::optional<std::string_view> part_text(JsonValue part) {
  if (auto text = as_text(part)) return text;
  auto type = member(part, "type");
  auto name = type ? as_text(*type) : std::nullopt;
  if (name && *name != "text" && *name != "output_text" && *name != "input_text") return std::nullopt;
  auto text = member(part, "text");
  return text ? as_text(*text) : std::nullopt;
}

std::optional<Message> read_message(JsonValue value) {
  auto role = member(value, "role");
  auto content = member(value, "content");
  if (!role || !is_text(*role) || !content) return std::nullopt;
  return Message{std::string(*as_text(*role)), content_text(*content)};
}

std::optional<std::vector<Message>> read_messages(JsonValue value) {
  simdjson::dom::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS || list.size() == 0) return std::nullopt;
  std::vector<Message> messages;
  for (JsonValue item : list) {
    auto message = read_message(item);
    if (!message) return std::nullopt;
    messages.push_back(std::move(*message));
  }
  return messages;
}

std::optional<bool> label_of_word(std::string_view text) {
  std::string word = lower(trim(text));
  for (std::string_view yes : {"true", "correct", "pass", "passed", "c", "1", "1.0"})
    if (word == yes) return true;
  for (std::string_view no : {"false", "fail", "failed", "i", "0", "0.0"})
    if (word == no) return false;
  auto verdict = parse_verdict(word);
  return verdict && *verdict != Verdict::not_graded ? std::optional(*verdict == Verdict::correct) : std::nullopt;
}

} // namespace

std::string_view kind_name(JsonValue value) {
  switch (value.type()) {
  case element_type::ARRAY: return "a list";
  case element_type::OBJECT: return "an object";
  case element_type::STRING: return "a string";
  case element_type::BOOL: return "true or false";
  case element_type::NULL_VALUE: return "null";
  default: return "a number";
  }
}

bool is_text(JsonValue value) { return value.type() == element_type::STRING; }

std::optional<std::string_view> as_text(JsonValue value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<std::string> scalar_text(JsonValue value) {
  switch (value.type()) {
  case element_type::STRING: return std::string(*as_text(value));
  case element_type::INT64: return fmt::format("{}", value.get_int64().value_unsafe());
  case element_type::UINT64: return fmt::format("{}", value.get_uint64().value_unsafe());
  case element_type::DOUBLE: return number_text(value.get_double().value_unsafe());
  case element_type::BOOL: return value.get_bool().value_unsafe() ? "true" : "false";
  default: return std::nullopt;
  }
}

std::optional<int> as_index(JsonValue value) {
  if (value.type() == element_type::BOOL) return std::nullopt;
  auto text = scalar_text(value);
  if (!text) return std::nullopt;
  int index = 0;
  auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), index);
  bool whole = code == std::errc() && end == text->data() + text->size();
  constexpr int kMost = 1'000'000'000; // sums of an index and a list's length stay far from overflow
  return whole && index >= 0 && index <= kMost ? std::optional(index) : std::nullopt;
}

std::optional<std::string> target_text(JsonValue value) {
  if (value.is_null()) return std::nullopt;
  if (auto text = scalar_text(value)) return text;
  simdjson::dom::array list;
  if (value.get_array().get(list) == simdjson::SUCCESS && list.size() == 1)
    if (auto text = scalar_text(*list.begin())) return text;
  return simdjson::minify(value);
}

std::string content_text(JsonValue value) {
  if (auto text = as_text(value)) return std::string(*text);
  std::string joined;
  simdjson::dom::array parts;
  if (value.get_array().get(parts) != simdjson::SUCCESS) return joined;
  for (JsonValue part : parts)
    if (auto text = part_text(part)) {
      if (!joined.empty()) joined += '\n';
      joined += *text;
    }
  return joined;
}

std::vector<Message> prompt_messages(JsonValue value) {
  if (value.is_null()) return {};
  if (auto text = scalar_text(value)) return {{"user", std::move(*text)}};
  if (auto messages = read_messages(value)) return std::move(*messages);
  simdjson::dom::array list;
  if (value.get_array().get(list) == simdjson::SUCCESS && list.size() == 1 && is_text(*list.begin()))
    return {{"user", std::string(*as_text(*list.begin()))}};
  return {{"user", simdjson::minify(value)}};
}

Usage read_usage(JsonValue value) {
  Usage usage;
  usage.prompt_tokens = first_count(value, {"/prompt_tokens", "/input_tokens"});
  usage.cached_tokens = first_count(
      value, {"/prompt_tokens_details/cached_tokens", "/input_tokens_details/cached_tokens",
              "/prompt_cache_hit_tokens", "/cache_read_input_tokens", "/input_tokens_cache_read", "/cached_tokens"});
  usage.completion_tokens = first_count(value, {"/completion_tokens", "/output_tokens"});
  usage.reasoning_tokens = first_count(value, {"/completion_tokens_details/reasoning_tokens",
                                               "/output_tokens_details/reasoning_tokens", "/reasoning_tokens"});
  usage.reported_usd = first_amount(value, {"reported_usd", "cost", "total_cost", "estimated_cost"});
  const auto total = count_at(value, "/total_tokens");
  if (usage.prompt_tokens) *usage.prompt_tokens += tokens_beside_input(value, usage, total);
  count_thinking_beside(usage, total);
  return usage;
}

RecordedFinish read_finish(std::string_view word) {
  struct Row {
    std::string_view word;
    FinishReason reason;
    bool plain;
  };
  static constexpr Row kWords[] = {
      {"stop", FinishReason::stop, true},
      {"eos", FinishReason::stop, true},
      {"eos_token", FinishReason::stop, true},
      {"end_turn", FinishReason::stop, true},
      {"stop_sequence", FinishReason::stop, true},
      {"completed", FinishReason::stop, true},
      {"tool_calls", FinishReason::stop, false},
      {"tool_use", FinishReason::stop, false},
      {"function_call", FinishReason::stop, false},
      {"content_filter", FinishReason::stop, false},
      {"refusal", FinishReason::stop, false},
      {"safety", FinishReason::stop, false},
      {"recitation", FinishReason::stop, false},
      {"length", FinishReason::length, true},
      {"max_tokens", FinishReason::length, true},
      {"model_length", FinishReason::length, true},
      {"max_output_tokens", FinishReason::length, true},
      {"error", FinishReason::error, true},
  };
  std::string wanted = lower(trim(word));
  for (const Row& row : kWords)
    if (row.word == wanted) return {row.reason, row.plain};
  return {std::nullopt, wanted.empty()};
}

std::optional<bool> read_label(JsonValue value) {
  if (auto text = as_text(value)) return label_of_word(*text);
  if (auto scalar = scalar_text(value)) return label_of_word(*scalar);
  simdjson::dom::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS || list.size() != 1) return std::nullopt;
  auto only = scalar_text(*list.begin());
  return only ? label_of_word(*only) : std::nullopt;
}

std::string quoted_json(std::string_view text) {
  bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != '"' && c != '\\'; });
  return plain ? fmt::format("\"{}\"", text) : dump_json(Json(text));
}

void append_member(std::string& object, std::string_view key, std::string_view value_json) {
  object += object.empty() ? '{' : ',';
  object += quoted_json(key);
  object += ':';
  object += value_json;
}

void close_object(std::string& object) {
  if (!object.empty()) object += '}';
}

} // namespace proctor
