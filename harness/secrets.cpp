// SPDX-License-Identifier: MIT
#include "harness/secrets.h"

#include <functional>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr size_t kShortest = 4; // a shorter word is in too many messages to be a secret
constexpr size_t kShortestPart = 8;

// Names of nothing else, wherever in a name they stand.
bool always_secret(std::string_view name) {
  for (std::string_view word : {"secret", "password", "passwd", "authorization", "credential", "api_key", "api-key", "apikey"})
    if (name.find(word) != name.npos) return true;
  return false;
}

// Names of settings too, such as thinking_token_budget and stop_token_ids: those of keys end in them, before a number.
bool ends_like_a_key(std::string_view name) {
  while (!name.empty() && (is_digit(name.back()) || name.back() == '_' || name.back() == '-')) name.remove_suffix(1);
  return name.ends_with("key") || name.ends_with("keys") || name.ends_with("token");
}

// "<|im_end|>" is a token of a vocabulary.
bool is_special_token(std::string_view text) { return text.starts_with('<') && text.ends_with('>'); }

using Visit = std::function<void(Json&)>;

void for_each_string(Json& value, const Visit& visit) {
  if (value.is_string() && !is_special_token(value.get_ref<const std::string&>())) return visit(value);
  if (value.is_structured())
    for (Json& entry : value) for_each_string(entry, visit);
}

// A number is never a key, only what a name of nothing else has.
void for_each_secret(Json& value, const Visit& visit) {
  if (value.is_array())
    for (Json& entry : value) for_each_secret(entry, visit);
  if (!value.is_object()) return;
  for (auto& [name, member] : value.items()) {
    const std::string key = lower(name);
    if (always_secret(key))
      visit(member);
    else if (ends_like_a_key(key))
      for_each_string(member, visit);
    else
      for_each_secret(member, visit);
  }
}

} // namespace

bool looks_secret(std::string_view name) {
  const std::string key = lower(name);
  return always_secret(key) || ends_like_a_key(key);
}

Json without_secrets(Json value) {
  for_each_secret(value, [](Json& secret) { secret = "***"; });
  return value;
}

std::vector<std::string> secrets_in(Json value) {
  std::vector<std::string> secrets;
  for_each_secret(value, [&](Json& secret) {
    for_each_string(secret, [&](Json& text) {
      const std::string& whole = text.get_ref<const std::string&>();
      if (whole.size() >= kShortest) secrets.push_back(whole);
      for (std::string_view part : split(whole, ' ')) // "Bearer abc"
        if (part.size() >= kShortestPart && part.size() < whole.size()) secrets.emplace_back(part);
    });
  });
  return secrets;
}

std::string without_words(std::string text, const std::vector<std::string>& words) {
  constexpr std::string_view kHidden = "***";
  for (const std::string& word : words)
    for (size_t at = text.find(word); !word.empty() && at != text.npos; at = text.find(word, at + kHidden.size()))
      text.replace(at, word.size(), kHidden);
  return text;
}

} // namespace proctor
