// SPDX-License-Identifier: MIT
#pragma once

// What core needs to know of UTF-8 (RFC 3629): whether bytes are, where a character begins, how many there are.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace proctor {

bool is_utf8(std::string_view bytes);

// Length of the well-formed character (Unicode 15, table 3-7) at the text's begin; 0: there is none.
size_t utf8_length(std::string_view text);

constexpr bool is_utf8_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Characters of valid UTF-8; in other bytes, those that are not continuation bytes.
uint64_t count_characters(std::string_view text);

} // namespace proctor
