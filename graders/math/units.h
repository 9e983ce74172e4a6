// SPDX-License-Identifier: MIT
#pragma once

// Units of measurement: a dimension vector and a scale, from text such as "km / hr" or "square feet".

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace proctor::math {

struct Unit {
  // metre, kilogram, second, ampere, kelvin, mole, candela, currency
  std::array<int, 8> dimension{};
  int64_t top = 1, bottom = 1; // scale to base units, exactly
  bool operator==(const Unit&) const = default;
};

// nullopt: a word that is no unit ("apples").
std::optional<Unit> read_unit(std::string_view text);

// Every word of the one that has fewer is in the other.
bool shares_unit_words(std::string_view a, std::string_view b);

// The same word up to plural and case.
bool same_unit_word(std::string_view a, std::string_view b);

} // namespace proctor::math
