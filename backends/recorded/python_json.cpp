// SPDX-License-Identifier: MIT
#include "backends/recorded/python_json.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "harness/text/ascii.h"
#include "harness/text/utf8.h"

namespace proctor {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::optional<unsigned> hex4(std::string_view text) {
  unsigned value = 0;
  if (text.size() < 4) return std::nullopt;
  auto [end, code] = std::from_chars(text.data(), text.data() + 4, value, 16);
  return code == std::errc() && end == text.data() + 4 ? std::optional(value) : std::nullopt;
}

// The code unit of "\uXXXX" at the front of `text`.
std::optional<unsigned> unicode_escape(std::string_view text) {
  return text.starts_with("\\u") ? hex4(text.substr(2)) : std::nullopt;
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; }

// Whether a JSON reader can hold the number.
bool is_representable(std::string_view number) {
  bool integer = number.find_first_of(".eE") == number.npos;
  const char* end = number.data() + number.size();
  if (integer) {
    int64_t small = 0;
    uint64_t large = 0;
    return std::from_chars(number.data(), end, small).ec == std::errc() ||
           std::from_chars(number.data(), end, large).ec == std::errc();
  }
  double value = 0;
  auto code = std::from_chars(number.data(), end, value).ec;
  // Too small for a double is read as 0 by every reader; too large is refused.
  return code == std::errc() || number.find("e-") != number.npos || number.find("E-") != number.npos;
}

class Repairer {
 public:
  explicit Repairer(std::string_view text) : text_(text) { result_.text.reserve(text.size() + 16); }

  RepairedJson run() && {
    while (at_ < text_.size()) in_string_ ? string_part() : plain_part();
    return std::move(result_);
  }

 private:
  void copy(size_t length) {
    result_.text += text_.substr(at_, length);
    at_ += length;
  }

  void replace(size_t length, std::string_view by) {
    result_.text += by;
    at_ += length;
  }

  void plain_part() {
    std::string_view rest = text_.substr(at_);
    char c = rest.front();
    if (c == '"') in_string_ = true;
    if (is_digit(c) || (c == '-' && rest.size() > 1 && is_digit(rest[1]))) return number();
    for (std::string_view word : {"NaN", "Infinity", "-Infinity"})
      if (rest.starts_with(word)) return replace(word.size(), "null");
    copy(1);
  }

  void number() {
    size_t end = text_.find_first_not_of("+-.0123456789eE", at_);
    std::string_view digits = text_.substr(at_, end == text_.npos ? end : end - at_);
    if (is_representable(digits)) return copy(digits.size());
    replace(digits.size(), '"' + std::string(digits) + '"');
  }

  void string_part() {
    char c = text_[at_];
    if (c == '"') in_string_ = false;
    if (c == '\\') return escape();
    size_t length = utf8_length(text_.substr(at_));
    if (length > 0) return copy(length);
    ++result_.n_bad_bytes;
    replace(1, kReplacement);
  }

  void escape() {
    std::string_view rest = text_.substr(at_);
    auto unit = unicode_escape(rest);
    if (!unit) return copy(std::min<size_t>(2, rest.size()));
    if (is_high_surrogate(*unit)) {
      auto low = unicode_escape(rest.substr(6));
      if (low && is_low_surrogate(*low)) return copy(12);
    }
    if (is_high_surrogate(*unit) || is_low_surrogate(*unit)) return replace(6, "\\ufffd");
    copy(6);
  }

  std::string_view text_;
  size_t at_ = 0;
  bool in_string_ = false;
  RepairedJson result_;
};

} // namespace

RepairedJson repair_json(std::string_view text) { return Repairer(text).run(); }

} // namespace proctor
