// SPDX-License-Identifier: MIT
#pragma once

// Code points of UTF-8 text, their classes, and NFC (utf8proc).

#include <cstdint>
#include <string>
#include <string_view>

namespace proctor {

// One code point of a text. A byte that belongs to no valid UTF-8 sequence counts as U+FFFD of length 1.
struct CodePoint {
  char32_t value = 0;
  uint32_t length = 0; // bytes
  bool valid = true;
};

// `at` < text.size(). Overlong forms, surrogates and values above U+10FFFF are not valid.
CodePoint code_point_at(std::string_view text, size_t at);

void append_utf8(std::string& out, char32_t value);

// How many bytes of `text` are whole characters or bytes that can be part of none; the rest is the beginning of a
// character that further bytes may complete.
size_t whole_characters(std::string_view text);

// Classes of a code point, as bits: general categories L*, M*, N*, P*, S*, and the property White_Space.
enum CharClass : uint8_t {
  kLetter = 1,
  kMark = 2,
  kNumber = 4,
  kPunctuation = 8,
  kSymbol = 16,
  kSpace = 32,
  kNewline = 64, // only U+000A and U+000D
};
uint8_t char_class(char32_t value);

bool is_white_space(char32_t value); // the property; Python's str.isspace() has U+001C to U+001F besides

// Unicode Normalization Form C (UAX 15) as Hugging Face's tokenizers compute it (unicode_versions.h), of the valid
// stretches of `text`; other bytes stay as they are. O(n log n) also for a hostile run of combining marks.
std::string to_nfc(std::string_view text);

} // namespace proctor
