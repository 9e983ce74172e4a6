// SPDX-License-Identifier: MIT
#include "harness/text/utf8.h"

#include <algorithm>
#include <cstring>
#include <simdjson.h>

namespace proctor {
namespace {

// Continuation bytes, 10xxxxxx, among eight.
uint64_t continuations(const char* eight) {
  constexpr uint64_t kLowBits = 0x0101010101010101;
  uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  return (word >> 7 & ~(word >> 6) & kLowBits) * kLowBits >> 56; // adds up the eight bytes
}

} // namespace

bool is_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

uint64_t count_characters(std::string_view text) {
  uint64_t count = text.size();
  for (; text.size() >= 8; text.remove_prefix(8)) count -= continuations(text.data());
  return count - static_cast<uint64_t>(std::count_if(text.begin(), text.end(), is_utf8_continuation));
}

} // namespace proctor
