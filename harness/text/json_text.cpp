// SPDX-License-Identifier: MIT
#include "harness/text/json_text.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

#include "harness/json.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

constexpr bool must_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\' || c == 0x7F; }

// The lowest bit that is set lies in the first of eight bytes that must be escaped; 0: none must. "Bit Twiddling Hacks"
// (Anderson), "Determine if a word has a byte ...".
uint64_t must_escape_mask(const char* eight) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint64_t kLow = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x8080808080808080;
  uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  auto below = [](uint64_t w, uint64_t n) { return (w - kLow * n) & ~w & kHigh; }; // the first byte < n, n <= 128
  auto equal = [&](unsigned char c) { return below(word ^ kLow * c, 1); };
  return below(word, 0x20) | equal('"') | equal('\\') | equal(0x7F);
}

// The first byte from `at` on that must be escaped, or the size.
size_t find_escape(std::string_view text, size_t at) {
  for (; at + 8 <= text.size(); at += 8)
    if (const uint64_t mask = must_escape_mask(text.data() + at)) return at + static_cast<size_t>(std::countr_zero(mask)) / 8;
  while (at < text.size() && !must_escape(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

void append_escaped(std::string& out, unsigned char c) {
  switch (c) {
  case '"': out.append("\\\"", 2); return;
  case '\\': out.append("\\\\", 2); return;
  case '\n': out.append("\\n", 2); return;
  case '\r': out.append("\\r", 2); return;
  case '\t': out.append("\\t", 2); return;
  default: fmt::format_to(std::back_inserter(out), "\\u{:04x}", c); return;
  }
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
  out += '"';
  for (size_t at = 0; at < text.size(); ++at) {
    size_t end = find_escape(text, at);
    out.append(text, at, end - at);
    if (end < text.size()) append_escaped(out, static_cast<unsigned char>(text[end]));
    at = end;
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
