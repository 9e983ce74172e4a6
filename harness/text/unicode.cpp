// SPDX-License-Identifier: MIT
#include "harness/text/unicode.h"

#include <algorithm>
#include <array>
#include <utf8proc.h>
#include <vector>

#include "harness/check.h"
#include "harness/text/unicode_versions.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr CodePoint kInvalid{kReplacement, 1, false};

constexpr uint8_t byte_at(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

// Length of the sequence that `lead` begins; 0: it begins none.
constexpr uint32_t sequence_length(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// The second byte is where overlong forms, surrogates and too large values show.
constexpr bool second_fits(uint8_t lead, uint8_t second) {
  switch (lead) {
  case 0xE0: return second >= 0xA0 && second <= 0xBF;
  case 0xED: return second >= 0x80 && second <= 0x9F;
  case 0xF0: return second >= 0x90 && second <= 0xBF;
  case 0xF4: return second >= 0x80 && second <= 0x8F;
  default: return second >= 0x80 && second <= 0xBF;
  }
}

uint8_t class_of_category(utf8proc_category_t category) {
  switch (category) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO: return kLetter;
  case UTF8PROC_CATEGORY_MN:
  case UTF8PROC_CATEGORY_MC:
  case UTF8PROC_CATEGORY_ME: return kMark;
  case UTF8PROC_CATEGORY_ND:
  case UTF8PROC_CATEGORY_NL:
  case UTF8PROC_CATEGORY_NO: return kNumber;
  case UTF8PROC_CATEGORY_PC:
  case UTF8PROC_CATEGORY_PD:
  case UTF8PROC_CATEGORY_PS:
  case UTF8PROC_CATEGORY_PE:
  case UTF8PROC_CATEGORY_PI:
  case UTF8PROC_CATEGORY_PF:
  case UTF8PROC_CATEGORY_PO: return kPunctuation;
  case UTF8PROC_CATEGORY_SM:
  case UTF8PROC_CATEGORY_SC:
  case UTF8PROC_CATEGORY_SK:
  case UTF8PROC_CATEGORY_SO: return kSymbol;
  default: return 0;
  }
}

uint8_t compute_class(char32_t value) {
  uint8_t result = class_of_category(utf8proc_category(static_cast<utf8proc_int32_t>(value)));
  if (result == 0) result = class_since_unicode_15(value);
  if (is_white_space(value)) result |= kSpace;
  if (value == '\n' || value == '\r') result |= kNewline;
  return result;
}

std::array<uint8_t, 128> ascii_classes() {
  std::array<uint8_t, 128> classes{};
  for (char32_t c = 0; c < 128; ++c) classes[c] = compute_class(c);
  return classes;
}

using CodePoints = std::vector<utf8proc_int32_t>;

void decompose(char32_t value, CodePoints& out) {
  utf8proc_int32_t buffer[32];
  int boundary = 0;
  auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(value), buffer, std::size(buffer),
                                   UTF8PROC_DECOMPOSE, &boundary);
  PROCTOR_CHECK(n > 0 && n <= static_cast<utf8proc_ssize_t>(std::size(buffer)));
  out.insert(out.end(), buffer, buffer + n);
}

int combining_class(utf8proc_int32_t value) { return utf8proc_get_property(value)->combining_class; }

// Canonical ordering (UAX 15, D109): a stable sort of each run of non-starters.
void order_marks(CodePoints& points) {
  for (size_t i = 0; i < points.size(); ++i) {
    if (combining_class(points[i]) == 0) continue;
    size_t end = i;
    while (end < points.size() && combining_class(points[end]) != 0) ++end;
    std::stable_sort(points.begin() + static_cast<ptrdiff_t>(i), points.begin() + static_cast<ptrdiff_t>(end),
                     [](auto a, auto b) { return combining_class(a) < combining_class(b); });
    i = end;
  }
}

void append_composed(CodePoints& points, std::string& out) {
  order_marks(points);
  auto n = utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()),
                                    static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  PROCTOR_CHECK(n >= 0);
  for (utf8proc_ssize_t i = 0; i < n; ++i) append_utf8(out, static_cast<char32_t>(points[static_cast<size_t>(i)]));
  points.clear();
}

// Everything below U+0300 is its own NFC and composes with nothing before it.
bool surely_nfc(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0xCC; });
}

} // namespace

CodePoint code_point_at(std::string_view text, size_t at) {
  uint8_t lead = byte_at(text, at);
  uint32_t length = sequence_length(lead);
  if (length == 1) return {lead, 1, true};
  if (length == 0 || text.size() - at < length || !second_fits(lead, byte_at(text, at + 1))) return kInvalid;
  char32_t value = lead & (0x7Fu >> length);
  for (uint32_t i = 1; i < length; ++i) {
    uint8_t next = byte_at(text, at + i);
    if (!is_utf8_continuation(text[at + i])) return kInvalid;
    value = (value << 6) | (next & 0x3Fu);
  }
  return {value, length, true};
}

void append_utf8(std::string& out, char32_t value) {
  utf8proc_uint8_t bytes[4];
  auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
}

size_t whole_characters(std::string_view text) {
  size_t back = std::min<size_t>(text.size(), 3);
  for (size_t at = text.size() - back; at < text.size(); ++at) {
    uint8_t lead = byte_at(text, at);
    if (sequence_length(lead) <= text.size() - at) continue;
    bool begun = at + 1 == text.size() || second_fits(lead, byte_at(text, at + 1));
    if (at + 2 < text.size()) begun = begun && is_utf8_continuation(text[at + 2]);
    if (begun) return at;
  }
  return text.size();
}

bool is_white_space(char32_t value) {
  if (value < 0x80) return value == ' ' || (value >= '\t' && value <= '\r');
  return value == 0x85 || value == 0xA0 || value == 0x1680 || (value >= 0x2000 && value <= 0x200A) ||
         value == 0x2028 || value == 0x2029 || value == 0x202F || value == 0x205F || value == 0x3000;
}

uint8_t char_class(char32_t value) {
  static const std::array<uint8_t, 128> kAscii = ascii_classes();
  return value < 128 ? kAscii[value] : compute_class(value);
}

std::string to_nfc(std::string_view text) {
  if (surely_nfc(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  CodePoints points;
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    bool alone = !point.valid || is_mark_since_unicode_9(point.value);
    if (alone) {
      append_composed(points, out);
      out += text.substr(at, point.length);
    } else if (point.value < 0x300 && !points.empty()) { // a boundary: nothing before it composes with it
      append_composed(points, out);
    }
    if (!alone) decompose(point.value, points);
    at += point.length;
  }
  append_composed(points, out);
  return out;
}

} // namespace proctor
