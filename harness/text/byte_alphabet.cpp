// SPDX-License-Identifier: MIT
#include "harness/text/byte_alphabet.h"

#include <array>
#include <cstdint>

#include "harness/text/unicode.h"

namespace proctor {
namespace {

// Bytes that are printable in Latin-1 stand for themselves; the others for U+0100 and on, in order.
constexpr bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

constexpr int kFirstOther = 0x100;

constexpr std::array<char16_t, 256> characters() {
  std::array<char16_t, 256> table{};
  int next = kFirstOther;
  for (int byte = 0; byte < 256; ++byte)
    table[static_cast<size_t>(byte)] = static_cast<char16_t>(stands_for_itself(byte) ? byte : next++);
  return table;
}

constexpr std::array<char16_t, 256> kCharacters = characters();
constexpr size_t kEnd = 0x144; // one past the largest character of the alphabet

constexpr std::array<int16_t, kEnd> bytes() {
  std::array<int16_t, kEnd> table{};
  for (int16_t& byte : table) byte = -1;
  for (size_t byte = 0; byte < 256; ++byte) table[kCharacters[byte]] = static_cast<int16_t>(byte);
  return table;
}

constexpr std::array<int16_t, kEnd> kBytes = bytes();

} // namespace

std::optional<std::string> alphabet_to_bytes(std::string_view piece) {
  std::string result;
  result.reserve(piece.size());
  for (size_t at = 0; at < piece.size();) {
    auto lead = static_cast<uint8_t>(piece[at]);
    CodePoint point{lead, 1, true};
    if (lead >= 0x80) point = code_point_at(piece, at);
    if (!point.valid || point.value >= kEnd || kBytes[point.value] < 0) return std::nullopt;
    result += static_cast<char>(kBytes[point.value]);
    at += point.length;
  }
  return result;
}

std::string bytes_to_alphabet(std::string_view bytes) {
  std::string result;
  for (char byte : bytes) append_utf8(result, kCharacters[static_cast<uint8_t>(byte)]);
  return result;
}

} // namespace proctor
