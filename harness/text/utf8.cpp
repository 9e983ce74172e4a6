// SPDX-License-Identifier: MIT
#include "harness/text/utf8.h"

#include <algorithm>
#include <simdjson.h>

#include "harness/text/byte_masks.h"

namespace proctor {
namespace {

// Continuation bytes, 10xxxxxx, among eight.
uint64_t continuations(uint64_t word) {
  constexpr uint64_t kLowBits = 0x0101010101010101;
  return (word >> 7 & ~(word >> 6) & kLowBits) * kLowBits >> 56; // adds up the eight bytes
}

} // namespace

bool is_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if (!is_utf8_continuation(text[i])) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  bool surrogate = lead == 0xED && second >= 0xA0;
  bool beyond = lead == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

uint64_t count_characters(std::string_view text) {
  uint64_t count = text.size();
  for (; text.size() >= 8; text.remove_prefix(8)) count -= continuations(eight_bytes(text.data()));
  return count - static_cast<uint64_t>(std::count_if(text.begin(), text.end(), is_utf8_continuation));
}

} // namespace proctor
