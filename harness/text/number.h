// SPDX-License-Identifier: MIT
#pragma once

// A whole text as one number, independent of the locale.

#include <charconv>
#include <optional>
#include <string_view>

namespace proctor {

// nullopt when the text is not exactly one number of T, or out of its range.
template <class T> std::optional<T> parse_number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

} // namespace proctor
