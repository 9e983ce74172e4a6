// SPDX-License-Identifier: MIT
#include "backends/recorded/key_map.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "harness/text/nearest.h"

namespace proctor {
namespace {

std::optional<JsonValue> child(JsonValue value, std::string_view name) {
  JsonValue found;
  if (value.is_object()) {
    if (value.at_key(name).get(found) == simdjson::SUCCESS) return found;
    return std::nullopt;
  }
  size_t index = 0;
  auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (code != std::errc() || end != name.data() + name.size()) return std::nullopt;
  if (!value.is_array() || value.at(index).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

} // namespace

std::optional<JsonValue> find_path(JsonValue record, std::string_view path) {
  JsonValue at = record;
  for (;;) {
    if (auto whole = child(at, path)) return whole;
    size_t dot = path.find('.');
    if (dot == path.npos) return std::nullopt;
    auto next = child(at, path.substr(0, dot));
    if (!next) return std::nullopt;
    at = *next;
    path.remove_prefix(dot + 1);
  }
}

std::vector<std::string> known_paths(JsonValue record) {
  std::vector<std::string> paths;
  simdjson::dom::object object;
  if (record.get_object().get(object) != simdjson::SUCCESS) return paths;
  for (auto [key, value] : object) {
    paths.emplace_back(key);
    simdjson::dom::object inner;
    if (value.get_object().get(inner) != simdjson::SUCCESS) continue;
    for (auto field : inner) paths.push_back(fmt::format("{}.{}", key, field.key));
  }
  return paths;
}

Result<KeyMap> KeyMap::make(const std::map<std::string, std::string>& entries) {
  KeyMap map;
  for (const auto& [name, path] : entries) {
    auto found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
    if (found == kRoleNames.end()) {
      std::vector<std::string> names(kRoleNames.begin(), kRoleNames.end());
      return usage_error(fmt::format("--map {}={}: '{}' is not a key that can be mapped{} (known: {})", name, path,
                                     name, did_you_mean(name, names), fmt::join(names, ", ")));
    }
    if (path.empty()) return usage_error(fmt::format("--map {}=: a path is missing", name));
    map.paths_[static_cast<size_t>(found - kRoleNames.begin())] = path;
  }
  return map;
}

const std::string* KeyMap::path(Role role) const {
  const auto& path = paths_[static_cast<size_t>(role)];
  return path ? &*path : nullptr;
}

} // namespace proctor
