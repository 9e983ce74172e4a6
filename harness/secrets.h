// SPDX-License-Identifier: MIT
#pragma once

// Keeps what is named like a key out of files and messages.

#include <string>
#include <string_view>
#include <vector>

#include "harness/json.h"

namespace proctor {

// "api_key", "Authorization", "hf-token", "key2": true; "max_tokens", "thinking_token_budget", "tokenizer": false.
bool looks_secret(std::string_view name);

// The document with "***" for what has such a name, at any depth: strings, and whatever is named a password or the like.
// The number of a "pad_token" is a setting.
Json without_secrets(Json value);

// The strings that without_secrets hides, and their longer words.
std::vector<std::string> secrets_in(Json value);

// The text with "***" for each of the words.
std::string without_words(std::string text, const std::vector<std::string>& words);

} // namespace proctor
