// SPDX-License-Identifier: MIT
#pragma once

// JSON documents of moderate size: options, questions, reports. Keys keep the order they were written in. The
// functions here never throw; calling nlohmann's throwing accessors elsewhere is a bug. Nothing is parsed that nests more
// than 512 levels deep: reading and copying such a document would exhaust the stack. Bulk records (millions
// of samples) are read with simdjson in run_records.cpp and backends/recorded.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "harness/result.h"

namespace proctor {

using Json = nlohmann::ordered_json;

// On failure: a usage error with line and column, prefixed by `where` (a file name, an option).
Result<Json> parse_json(std::string_view text, std::string_view where);

// True when brackets, apart from those in strings, nest more than 512 deep. For callers of nlohmann's own parsers.
bool nests_too_deep(std::string_view text);

// As parse_json, without a message: is_discarded() tells of what is not JSON.
Json parse_json_quietly(std::string_view text);

// One line, no trailing newline. Bytes that are not UTF-8 become U+FFFD; callers that must keep them store
// them apart (text_base64).
std::string dump_json(const Json& value);
std::string dump_json_pretty(const Json& value);

// The member `key` when it is there and of that kind, else nullopt. `object` may be anything.
const Json* find_member(const Json& object, std::string_view key);
std::optional<std::string> get_string(const Json& object, std::string_view key);
std::optional<int64_t> get_int(const Json& object, std::string_view key);
std::optional<double> get_number(const Json& object, std::string_view key);
std::optional<bool> get_bool(const Json& object, std::string_view key);

// The text of a scalar as a user would write it: a string without its quotes, 7, 27.0 as 27, true.
// nullopt for null, objects and arrays.
std::optional<std::string> scalar_text(const Json& value);

} // namespace proctor
