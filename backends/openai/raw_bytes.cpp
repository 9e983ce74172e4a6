// SPDX-License-Identifier: MIT
#include "backends/openai/raw_bytes.h"

#include <charconv>
#include <optional>

#include "harness/text/utf8.h"

namespace proctor {
namespace {

constexpr std::string_view kPrefix = "\xF4\x8F"; // U+10FF00 is F4 8F BC 80

// 0 behind the end.
unsigned byte_at(std::string_view text, size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

std::string shield(unsigned byte) {
  return {kPrefix[0], kPrefix[1], static_cast<char>(0xBC + (byte >> 6)), static_cast<char>(0x80 | (byte & 0x3F))};
}

// The UTF-16 unit of an escape \uXXXX at the text's begin.
std::optional<unsigned> escaped_unit(std::string_view text) {
  unsigned unit = 0;
  if (text.size() < 6 || !text.starts_with("\\u")) return std::nullopt;
  auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 ? std::optional(unit) : std::nullopt;
}

bool in(std::optional<unsigned> unit, unsigned from, unsigned to) { return unit && *unit >= from && *unit <= to; }

// How much of an escape at the text's begin belongs together; `alone` when it is half a pair.
size_t escape_length(std::string_view text, bool& alone) {
  auto unit = escaped_unit(text);
  bool high = in(unit, 0xD800, 0xDBFF);
  bool pair = high && in(escaped_unit(text.substr(6)), 0xDC00, 0xDFFF);
  alone = (high && !pair) || in(unit, 0xDC00, 0xDFFF);
  if (!unit) return text.size() < 2 ? 1 : 2;
  return pair ? 12 : 6;
}

} // namespace

std::string shield_bytes(std::string_view json) {
  std::string shielded;
  shielded.reserve(json.size() + 64);
  while (!json.empty()) {
    bool alone = false;
    size_t length = json.front() == '\\' ? escape_length(json, alone) : utf8_length(json);
    if (alone)
      shielded += "\\ufffd";
    else if (length == 0)
      shielded += shield(byte_at(json, 0));
    else
      shielded += json.substr(0, length);
    json.remove_prefix(length == 0 ? 1 : length);
  }
  return shielded;
}

std::string unshield_bytes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    unsigned third = byte_at(text, i + 2);
    if (text.substr(i).starts_with(kPrefix) && third >= 0xBC) {
      bytes += static_cast<char>(((third - 0xBC) << 6) | (byte_at(text, i + 3) & 0x3F));
      i += 4;
    } else
      bytes += text[i++];
  }
  return bytes;
}

} // namespace proctor
