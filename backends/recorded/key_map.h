// SPDX-License-Identifier: MIT
#pragma once

// Which key of a record plays which role: the table of cli.md 4, overridden by --map. Paths are dotted; a number
// indexes an array; a key that itself holds dots is found first.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/recorded/values.h"
#include "harness/result.h"

namespace proctor {

enum class Role { doc_id, sample_idx, completion, target, prompt, finish_reason, usage, reasoning, prefilled_think };
inline constexpr std::array<std::string_view, 9> kRoleNames = {"doc_id", "sample_idx", "completion",
                                                               "target", "prompt",     "finish_reason",
                                                               "usage",  "reasoning",  "prefilled_think"};

std::optional<JsonValue> find_path(JsonValue record, std::string_view path);

// The paths of a record's values, objects one level deep, in order: what an error may suggest.
std::vector<std::string> known_paths(JsonValue record);

class KeyMap {
 public:
  // On failure: a usage error that names the key that is no role, with the nearest ones.
  static Result<KeyMap> make(const std::map<std::string, std::string>& entries);

  // The path that the user gave for a role, or nullptr.
  const std::string* path(Role role) const;

 private:
  std::array<std::optional<std::string>, kRoleNames.size()> paths_;
};

} // namespace proctor
