// SPDX-License-Identifier: MIT
#include "reports/published.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "harness/check.h"
#include "harness/json.h"
#include "harness/text/ascii.h"
#include "harness/text/nearest.h"

namespace proctor {

extern const char kPublished[]; // generated from published.json

namespace {

std::string text_of(const Json& row, std::string_view key) { return get_string(row, key).value_or(""); }

std::optional<int> whole(const Json& row, std::string_view key) {
  auto value = get_int(row, key);
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

Protocol protocol_of(const Json& row, const Published& before) {
  Protocol protocol;
  for (const Protocol& base : before.protocols)
    if (base.name == text_of(row, "as")) protocol = base;
  protocol.name = text_of(row, "name");
  if (auto source = get_string(row, "source")) protocol.source = *source;
  if (auto value = get_number(row, "temperature")) protocol.temperature = value;
  if (auto value = get_number(row, "top_p")) protocol.top_p = value;
  if (auto value = whole(row, "max_tokens")) protocol.max_tokens = value;
  if (auto value = whole(row, "samples")) protocol.samples = *value;
  protocol.r1_zero_prompt = get_bool(row, "r1_zero_prompt").value_or(false);
  if (const Json* tasks = find_member(row, "tasks"))
    for (auto& [name, task] : tasks->items())
      protocol.tasks[name] = {text_of(task, "version"), get_int(task, "questions"), whole(task, "samples")};
  return protocol;
}

PublishedModel model_of(const Json& row, const Json& benchmarks) {
  PublishedModel model;
  model.name = text_of(row, "name");
  model.protocol = text_of(row, "protocol");
  if (const Json* aliases = find_member(row, "aliases"))
    for (const Json& alias : *aliases) model.aliases.push_back(scalar_text(alias).value_or(""));
  for (const Json& place : *find_member(row, "published"))
    for (auto& [benchmark, value] : find_member(place, "numbers")->items()) {
      const Json* known = find_member(benchmarks, benchmark);
      PROCTOR_CHECK(known != nullptr);
      model.numbers.push_back({benchmark, text_of(place, "source"), text_of(*known, "task"), text_of(*known, "metric"), value.get<double>()});
    }
  return model;
}

Published parse_published(std::string_view text) {
  const auto document = parse_json(text, "published.json");
  PROCTOR_CHECK(document.has_value());
  Published all;
  for (const Json& row : *find_member(*document, "protocols")) all.protocols.push_back(protocol_of(row, all));
  const Json& benchmarks = *find_member(*document, "benchmarks");
  for (const Json& row : *find_member(*document, "models")) all.models.push_back(model_of(row, benchmarks));
  return all;
}

// "DeepSeek-R1-Distill-Qwen-7B" as "deepseek-r1-distill-qwen-7b", every run of other characters one hyphen.
std::string folded(std::string_view name) {
  std::string result;
  for (char c : name) {
    const bool plain = is_letter(c) || is_digit(c);
    if (plain)
      result += to_lower(c);
    else if (!result.empty() && result.back() != '-')
      result += '-';
  }
  if (result.ends_with('-')) result.pop_back();
  return result;
}

bool is_named(const PublishedModel& model, std::string_view folded_name) {
  return folded(model.name) == folded_name || std::ranges::any_of(model.aliases, [&](const auto& alias) { return folded(alias) == folded_name; });
}

// Whether a word of a file name says only how weights are stored: "gguf", "q4", "k", "m", "bf16", "fp8", "4bit".
bool is_storage(std::string_view word) {
  constexpr std::array kWords = {"gguf", "safetensors", "awq", "gptq", "f16", "f32", "fp16", "fp32", "fp8", "bf16", "int4", "int8", "4bit", "8bit", "imatrix", "k", "s", "m", "l", "xl", "xs", "0", "1"};
  if (std::ranges::find(kWords, word) != kWords.end()) return true;
  if (word.starts_with('i')) word.remove_prefix(1);
  return word.size() == 2 && word.front() == 'q' && is_digit(word.back());
}

// Takes the words that say how weights are stored off the end.
std::string_view without_storage(std::string_view name) {
  for (;;) {
    const size_t hyphen = name.rfind('-');
    if (hyphen == name.npos || !is_storage(name.substr(hyphen + 1))) return name;
    name = name.substr(0, hyphen);
  }
}

} // namespace

const Published& published() {
  static const Published kAll = parse_published(kPublished);
  return kAll;
}

const Protocol* find_protocol(std::string_view name) {
  const auto& all = published().protocols;
  const auto found = std::ranges::find(all, name, &Protocol::name);
  return found == all.end() ? nullptr : &*found;
}

Result<const PublishedModel*> find_published_model(std::string_view name) {
  std::vector<std::string> names;
  for (const PublishedModel& model : published().models) {
    if (is_named(model, folded(name))) return &model;
    names.push_back(model.name);
    names.insert(names.end(), model.aliases.begin(), model.aliases.end());
  }
  std::string guess = did_you_mean(name, names);
  if (guess.empty()) guess = fmt::format("; there are {}", fmt::join(names, ", "));
  return usage_error(fmt::format("no numbers are published for {}{}", name, guess));
}

const PublishedModel* guess_published_model(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  if (size_t slash = name.rfind('/'); slash != name.npos) name.remove_prefix(slash + 1);
  const std::string whole_name = folded(name);
  for (std::string_view wanted : {std::string_view(whole_name), without_storage(whole_name)})
    for (const PublishedModel& model : published().models)
      if (is_named(model, wanted)) return &model;
  return nullptr;
}

} // namespace proctor
