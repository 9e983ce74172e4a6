// SPDX-License-Identifier: MIT
#pragma once

// The record formats that are read as they are, as tables of default paths, and how a record is recognised.

#include <functional>
#include <span>
#include <string_view>

#include "backends/recorded/key_map.h"

namespace proctor {

enum class FormatName { generic, lm_eval, openai_batch, live_code_bench, inspect };

struct Format {
  FormatName name;
  std::array<std::span<const std::string_view>, kRoleNames.size()> paths; // by Role, tried in this order
  int first_sample = 0;                                                   // what the file counts samples from
  std::span<const std::string_view> dropped; // top-level keys too large or too private to keep in Completion::extra
};

// inspect is known from the container (a log), the others from the record's own keys.
const Format& format_of(JsonValue record);
const Format& inspect_format();

// Whether an object with these keys is itself a record: it has a completion under a known or mapped key.
using HasKey = std::function<bool(std::string_view)>;
bool looks_like_record(const HasKey& has, const KeyMap& map);
bool looks_like_record(JsonValue object, const KeyMap& map);

// The keys that mean something in a generic record besides the completion: an object with one is no id -> text map.
bool is_known_key(std::string_view key);

} // namespace proctor
