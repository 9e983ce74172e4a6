// SPDX-License-Identifier: MIT
#include "harness/text/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

#include "harness/json.h"
#include "harness/text/byte_masks.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

// The lowest bit that is set lies in the first of eight bytes that must be escaped; 0: none must. "Bit Twiddling Hacks"
// (Anderson), "Determine if a word has a byte ...".
uint64_t must_escape_mask(uint64_t word) {
  constexpr uint64_t kLow = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  auto below = [](uint64_t w, uint64_t n) { return (w - kLow * n) & ~w & kHigh; }; // the first byte < n, n <= 128
  auto equal = [&](unsigned char c) { return below(word ^ kLow * c, 1); };
  return below(word, 0x20) | equal('"') | equal('\\') | equal(0x7F);
}

// What follows the backslash of a byte's escape: 0 for one that stands for itself, 'u' for one by its number.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes[0x7F] = 'u';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  return escapes;
}();
constexpr size_t kLongestEscape = 6; // \u007f

// Returns the end of what it wrote.
char* write_escaped(char* to, char c) {
  const char escape = kEscapes[static_cast<unsigned char>(c)];
  if (escape == 'u') return fmt::format_to(to, "\\u{:04x}", static_cast<unsigned char>(c));
  if (escape != 0) *to++ = '\\';
  *to++ = escape == 0 ? c : escape;
  return to;
}

// Writes text[at] and perhaps up to seven more; moves both on.
void write_next(std::string_view text, size_t& at, char*& to) {
  if (at + sizeof(uint64_t) <= text.size()) {
    const uint64_t word = eight_bytes(text.data() + at);
    std::memcpy(to, &word, sizeof word);
    const uint64_t mask = must_escape_mask(word);
    const size_t plain = static_cast<size_t>(std::countr_zero(mask)) / 8; // 8 when there is none
    at += plain;
    to += plain;
    if (mask == 0) return;
  }
  to = write_escaped(to, text[at++]);
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kBase64Values = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kBase64.size(); ++i) values[static_cast<unsigned char>(kBase64[i])] = static_cast<int8_t>(i);
  return values;
}();

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (!is_utf8(text)) {
    out += dump_json(Json(std::string(text)));
    return;
  }
  constexpr size_t kPiece = 512; // bytes of text
  std::array<char, (kPiece + sizeof(uint64_t)) * kLongestEscape> piece;
  out += '"';
  for (size_t at = 0; at < text.size();) {
    char* to = piece.data();
    for (const size_t end = std::min(at + kPiece, text.size()); at < end;) write_next(text, at, to);
    out.append(piece.data(), to);
  }
  out += '"';
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < n ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j) out += j <= n ? kBase64[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    bool pad = i + padding >= text.size();
    int value = pad ? 0 : kBase64Values[static_cast<unsigned char>(text[i])];
    if (value < 0) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(value);
    if (i % 4 == 3) {
      for (int shift : {16, 8, 0}) out += static_cast<char>(group >> shift & 0xFF);
      group = 0;
    }
  }
  out.resize(out.size() - padding);
  return out;
}

void ObjectWriter::start(std::string_view key) {
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += key; // keys are ours and plain
  out_ += "\":";
}

void ObjectWriter::text(std::string_view key, std::string_view value) {
  start(key);
  append_json_string(out_, value);
}

void ObjectWriter::bytes(std::string_view key, std::string_view value) {
  if (is_utf8(value))
    text(key, value);
  else
    text(std::string(key) + "_base64", base64_encode(value));
}

void ObjectWriter::raw(std::string_view key, std::string_view json) {
  start(key);
  out_ += json;
}

void ObjectWriter::number(std::string_view key, int64_t value) { raw(key, fmt::format("{}", value)); }
void ObjectWriter::number(std::string_view key, uint64_t value) { raw(key, fmt::format("{}", value)); }

void ObjectWriter::number(std::string_view key, double value) {
  if (std::isfinite(value)) raw(key, fmt::format("{}", value));
}

void ObjectWriter::boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }

} // namespace proctor
