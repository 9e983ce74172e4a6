// SPDX-License-Identifier: MIT
#pragma once

// Keeps what is named like a key out of files and messages.

#include <string_view>

#include "harness/json.h"

namespace proctor {

// "api_key", "Authorization", "hf-token": true; "max_tokens", "tokenizer": false.
bool looks_secret(std::string_view name);

// The document with "***" for every member, at any depth, whose name looks secret.
Json without_secrets(Json value);

} // namespace proctor
