// SPDX-License-Identifier: MIT
#pragma once

// What core needs to know of UTF-8 (RFC 3629): whether bytes are, where a character begins, how many there are.

#include <cstdint>
#include <string_view>

namespace proctor {

bool is_utf8(std::string_view bytes);

constexpr bool is_utf8_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Characters of valid UTF-8; in other bytes, those that are not continuation bytes.
uint64_t count_characters(std::string_view text);

} // namespace proctor
