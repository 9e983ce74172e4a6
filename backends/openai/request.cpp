// SPDX-License-Identifier: MIT
#include "backends/openai/request.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

// What may be left out of a request without changing the question. `stream` has a meaning of its own.
constexpr std::string_view kOptional[] = {
    "temperature",          "top_p",          "top_k", "min_p", "seed", "stop", "n", "reasoning_effort",
    "chat_template_kwargs", "stream_options", "stream"};

// Texts that tokenizers read as the beginning of a text; the server adds its own.
constexpr std::string_view kBos[] = {"<|begin_of_text|>", "<｜begin▁of▁sentence｜>", "<s>", "<bos>",
                                     "<|startoftext|>"};

// What options of the run say, and under which name.
constexpr std::pair<const char*, std::string_view> kSamplingOptions[] = {
    {"temperature", "--temperature"}, {"top_p", "--top-p"}, {"top_k", "--top-k"}, {"min_p", "--min-p"}, {"max_tokens", "--max-tokens"},
    {"max_completion_tokens", "--max-tokens"}, {"seed", "--seed"}, {"stop", "--stop"}};

Json messages_json(const WorkItem& item) {
  Json list = Json::array();
  for (const Message& message : item.messages) list.push_back({{"role", message.role}, {"content", message.content}});
  if (!item.assistant_prefix.empty()) list.push_back({{"role", "assistant"}, {"content", item.assistant_prefix}});
  return list;
}

std::string raw_prompt(const WorkItem& item) {
  std::string prompt;
  for (const Message& message : item.messages) {
    if (!prompt.empty()) prompt += "\n\n";
    prompt += message.content;
  }
  prompt += item.assistant_prefix;
  for (std::string_view bos : kBos)
    if (prompt.starts_with(bos)) return prompt.substr(bos.size());
  return prompt;
}

void add_prompt(Json& body, const RequestOptions& options, const WorkItem& item) {
  if (options.api == Api::completions) {
    body["prompt"] = raw_prompt(item);
    return;
  }
  body["messages"] = messages_json(item);
  if (item.assistant_prefix.empty()) return;
  body["add_generation_prompt"] = false; // vLLM, SGLang: the reply goes on where the prefix ends
  body["continue_final_message"] = true;
}

void add_sampling(Json& body, const WorkItem& item) {
  const Sampling& sampling = item.sampling;
  body["temperature"] = sampling.temperature;
  if (sampling.top_p != 1) body["top_p"] = sampling.top_p;
  if (sampling.top_k > 0) body["top_k"] = sampling.top_k;
  if (sampling.min_p > 0) body["min_p"] = sampling.min_p;
  body["seed"] = item.seed & 0x7FFFFFFF;
}

bool says(std::string_view message, std::initializer_list<std::string_view> any) {
  return std::any_of(any.begin(), any.end(),
                     [&](std::string_view word) { return message.find(word) != message.npos; });
}

// The name as a word of its own: "n" is not in "unknown".
bool names(std::string_view message, std::string_view name) {
  auto part = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  for (size_t at = message.find(name); at != message.npos; at = message.find(name, at + 1)) {
    bool begins = at == 0 || !part(message[at - 1]);
    bool ends = at + name.size() == message.size() || !part(message[at + name.size()]);
    if (begins && ends &&
        (name.size() > 1 || (at > 0 && std::string_view("'\"`").find(message[at - 1]) != std::string_view::npos)))
      return true;
  }
  return false;
}

// Of these the values are proctor's: none of them is the user's mistake.
bool is_own(std::string_view name) { return name == "seed" || name == "n" || name == "stream" || name == "stream_options"; }

// The server knows the parameter, and a value is not one of those that it may have: "hihg", 3.
bool is_about_the_value(std::string_view message, const ServerError& error) {
  if (error.code == "invalid_value" || says(message, {"supported values are", "valid values", "one of", "should be"})) return true;
  return error.code != "unsupported_parameter" && error.code != "unsupported_value" &&
         says(message, {"must be", "maximum", "minimum", "greater than", "less than", "out of range", "between"});
}

// The server does not know the parameter, or has one value only: "unsupported_value" (o1), "only 1 is allowed" (Kimi).
bool is_about_the_name(std::string_view message, const ServerError& error) {
  return error.code == "unsupported_parameter" || error.code == "unsupported_value" || error.code == "unknown_parameter" ||
         says(message, {"support", "unrecognized", "unknown", "unexpected", "extra", "not permitted", "not allowed", "only be set to", "is allowed"});
}

// The optional parameter of the body that an error is about; empty: none.
std::string named_parameter(const Json& body, std::string_view message, const ServerError& error) {
  for (std::string_view name : kOptional)
    if (body.contains(std::string(name)) && error.param == name) return std::string(name);
  for (std::string_view name : kOptional)
    if (body.contains(std::string(name)) && names(message, name)) return std::string(name);
  return {};
}

// The optional parameter of the body that the server does without; empty: none.
std::string refused_parameter(const Json& body, const ServerError& error) {
  const std::string message = lower(error.message), name = named_parameter(body, message, error);
  const bool unknown = is_about_the_name(message, error), value = is_about_the_value(message, error);
  const bool refused = is_own(name) ? unknown || value || error.param == name : unknown && !value;
  return refused ? name : std::string();
}

} // namespace

Status validate(const RequestOptions& options) {
  if (!options.extra.is_object()) return usage_error("--extra-body: a JSON object is wanted");
  for (const char* key : {"model", "messages", "prompt", "n", "stream"})
    if (options.extra.contains(key)) return usage_error(fmt::format("--extra-body: \"{}\" is proctor's to set", key));
  for (const auto& [key, option] : kSamplingOptions)
    if (const Json* value = find_member(options.extra, key); value != nullptr && !value->is_null())
      return usage_error(fmt::format("--extra-body: \"{}\" would not be known to reports and gates; use {}", key, option));
  if (options.thinking && options.api == Api::completions)
    return usage_error("--thinking acts through the chat template, which api=completions does not use");
  return {};
}

std::vector<std::string> unsent(const Json& extra) {
  std::vector<std::string> names;
  for (const auto& [key, option] : kSamplingOptions)
    if (const Json* value = find_member(extra, key); value != nullptr && value->is_null()) names.push_back(key);
  return names;
}

Dialect::Known Dialect::known() const {
  std::lock_guard lock(mutex_);
  return known_;
}

void Dialect::ignored(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (std::find(ignored_.begin(), ignored_.end(), name) == ignored_.end()) ignored_.push_back(name);
}

std::vector<std::string> Dialect::ignored() const {
  std::lock_guard lock(mutex_);
  return ignored_;
}

bool Dialect::learn(const Known& used, const Json& body, const ServerError& error) {
  std::lock_guard lock(mutex_);
  bool newer_name = !used.max_completion_tokens && names(error.message, "max_completion_tokens");
  if (newer_name) {
    known_.max_completion_tokens = true;
    return true;
  }
  std::string name = refused_parameter(body, error);
  if (name.empty() || used.refused.contains(name) || fixed_.contains(name)) return false;
  known_.refused.emplace(name, error.message);
  return true;
}

std::string request_path(Api api) { return api == Api::chat ? "/chat/completions" : "/completions"; }

bool server_applies_stop(const RequestOptions& options) { return options.thinking == false; }

Json request_body(const RequestOptions& options, const Dialect::Known& dialect, const WorkItem& item, int n) {
  Json body = {{"model", options.model}};
  add_prompt(body, options, item);
  body[dialect.max_completion_tokens ? "max_completion_tokens" : "max_tokens"] = item.sampling.max_tokens;
  add_sampling(body, item);
  if (n > 1) body["n"] = n;
  if (options.stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  if (!options.reasoning_effort.empty()) body["reasoning_effort"] = options.reasoning_effort;
  // Qwen's templates know the first name, DeepSeek's and Granite's the second.
  if (options.thinking)
    body["chat_template_kwargs"] = {{"enable_thinking", *options.thinking}, {"thinking", *options.thinking}};
  if (server_applies_stop(options) && !item.sampling.stop.empty()) body["stop"] = item.sampling.stop;
  for (auto& [name, words] : dialect.refused) body.erase(name);
  if (dialect.refused.contains("stream")) body.erase("stream_options");
  body.merge_patch(options.extra);
  return body;
}

bool cut_at_stop(std::string& answer, const std::vector<std::string>& stop) {
  size_t end = answer.npos;
  for (const std::string& text : stop) end = std::min(end, answer.find(text));
  if (end == answer.npos) return false;
  answer.resize(end);
  return true;
}

} // namespace proctor
