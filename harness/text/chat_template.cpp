// SPDX-License-Identifier: MIT
#include "harness/text/chat_template.h"

#include "harness/text/ascii.h"
#include "harness/text/think_split.h"

namespace proctor {
namespace {

constexpr std::string_view kThink = "<think>";

// The names of a template: HF transformers gives it `tools` and `documents` also when there are none.
Json variables_of(const Json& messages, const Json& special_tokens, const ChatOptions& options) {
  Json variables = special_tokens;
  variables["messages"] = messages;
  variables["tools"] = nullptr;
  variables["documents"] = nullptr;
  variables["add_generation_prompt"] = options.add_generation_prompt;
  for (auto& [name, value] : options.variables.items()) variables[name] = value;
  return variables;
}

// What the template wrote to begin the answer: what it would not have written otherwise. A template that ignores
// add_generation_prompt shows an opened thinking only at the very end.
std::string_view generation_prompt(std::string_view prompt, std::string_view without) {
  return prompt.starts_with(without) ? prompt.substr(without.size()) : std::string_view();
}

bool ends_in_think(std::string_view prompt) { return trim_right(prompt).ends_with(kThink); }

void apply_prefill(ThinkPrefill prefill, ChatPrompt& prompt) {
  if (prefill == ThinkPrefill::force && !prompt.thinking_opened) {
    prompt.text += "<think>\n";
    prompt.thinking_opened = true;
  }
  if (prefill == ThinkPrefill::off && ends_in_think(prompt.text)) {
    prompt.text.resize(trim_right(prompt.text).size() - kThink.size());
    prompt.thinking_opened = false;
  }
}

} // namespace

bool leaves_thinking_open(std::string_view tail) {
  std::vector<ThinkTag> tags = find_think_tags(tail);
  return !tags.empty() && !tags.back().closes;
}

Result<ChatTemplate> ChatTemplate::parse(std::string source, std::string name, Json special_tokens) {
  auto jinja = JinjaTemplate::parse(std::move(source), std::move(name));
  if (!jinja) return jinja.error();
  return ChatTemplate(std::move(*jinja), std::move(special_tokens));
}

Result<ChatPrompt> ChatTemplate::render(const Json& messages, const ChatOptions& options) const {
  Json variables = variables_of(messages, special_tokens_, options);
  auto text = template_.render(variables, {}, options.now);
  if (!text) return text.error();
  ChatPrompt prompt{std::move(*text), false};
  if (options.add_generation_prompt && prompt.text.find(kThink) != std::string::npos) {
    variables["add_generation_prompt"] = false;
    auto without = template_.render(variables, {}, options.now);
    prompt.thinking_opened =
        ends_in_think(prompt.text) || (without && leaves_thinking_open(generation_prompt(prompt.text, *without)));
  }
  if (options.add_generation_prompt) apply_prefill(options.think_prefill, prompt);
  prompt.text += options.assistant_prefix;
  if (!find_think_tags(options.assistant_prefix).empty())
    prompt.thinking_opened = leaves_thinking_open(options.assistant_prefix);
  return prompt;
}

Result<ChatPrompt> ChatTemplate::render(const std::vector<Message>& messages, const ChatOptions& options) const {
  Json list = Json::array();
  for (const Message& message : messages) list.push_back({{"role", message.role}, {"content", message.content}});
  return render(list, options);
}

} // namespace proctor
