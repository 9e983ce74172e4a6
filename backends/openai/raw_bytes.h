// SPDX-License-Identifier: MIT
#pragma once

// JSON parsers refuse bytes that are not UTF-8, and models write such bytes. Here they travel through the parser as
// private code points (U+10FF00 + byte) and come back as they were.

#include <string>
#include <string_view>

namespace proctor {

// The text with every byte that is no part of valid UTF-8 replaced; and every escaped surrogate (\ud83d) that stands
// alone, which JSON cannot express either, by U+FFFD.
std::string shield_bytes(std::string_view json);

// Undoes it in a string that the parser gave.
std::string unshield_bytes(std::string_view text);

} // namespace proctor
