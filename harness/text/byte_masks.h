// SPDX-License-Identifier: MIT
#pragma once

// Eight or 64 bytes of text at once, so that a scanner steps from word to word instead of from byte to byte.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace proctor {

// As a number, the first byte lowest.
inline uint64_t eight_bytes(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

inline constexpr size_t kMaskBytes = 64;

// The kinds of 64 bytes, one bit each: bit i is of byte i.
struct ByteMasks {
  uint64_t letters = 0; // of ASCII, here and below
  uint64_t digits = 0;
  uint64_t blanks = 0;  // as is_blank()
  uint64_t wide = 0;    // parts of characters beyond ASCII
  uint64_t markers = 0; // newlines, and $ ` \ which may begin or end a formula or code
};

// Kinds of 16 bytes at once: 0xFF where a byte is of the kind. A vector type of GCC and Clang.
using Bytes16 = uint8_t __attribute__((vector_size(16)));

inline Bytes16 bytes_within(Bytes16 bytes, uint8_t first, uint8_t last) {
  return static_cast<Bytes16>(bytes - first <= static_cast<uint8_t>(last - first));
}

// The bytes' upper bits.
inline uint64_t upper_bits(Bytes16 bytes) {
#ifdef __SSE2__
  __m128i vector;
  std::memcpy(&vector, &bytes, sizeof vector);
  return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(vector)));
#else
  uint64_t bits = 0;
  for (size_t i = 0; i < sizeof bytes; ++i) bits |= uint64_t{bytes[i] >= 0x80} << i;
  return bits;
#endif
}

// `text`: kMaskBytes of it.
inline ByteMasks byte_masks(const char* text) {
  ByteMasks masks;
  for (size_t i = 0; i < kMaskBytes; i += sizeof(Bytes16)) {
    Bytes16 bytes;
    std::memcpy(&bytes, text + i, sizeof bytes);
    const auto is = [bytes](uint8_t c) { return static_cast<Bytes16>(bytes == c); };
    masks.letters |= upper_bits(bytes_within(bytes | 0x20, 'a', 'z')) << i;
    masks.digits |= upper_bits(bytes_within(bytes, '0', '9')) << i;
    masks.blanks |= upper_bits(bytes_within(bytes, '\t', '\r') | is(' ')) << i;
    masks.wide |= upper_bits(bytes) << i;
    masks.markers |= upper_bits(is('\n') | is('$') | is('`') | is('\\')) << i;
  }
  return masks;
}

} // namespace proctor
