// SPDX-License-Identifier: MIT
#include "harness/text/jinja_strings.h"

#include <algorithm>
#include <cstring>
#include <utf8proc.h>

#include "harness/text/unicode.h"
#include "harness/text/utf8.h"

namespace proctor::jinja {
namespace {

std::string map_characters(std::string_view text, utf8proc_int32_t (*map)(utf8proc_int32_t), Budget& budget) {
  budget.read(text.size());
  std::string out;
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    if (!point.valid)
      out += text[at];
    else if (point.value == 0xDF && map == utf8proc_toupper)
      out += "SS";
    else
      append_utf8(out, static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(point.value))));
    at += point.length;
  }
  return out;
}

void add_part(std::vector<Value>& parts, std::string_view part, Budget& budget) {
  budget.make(part.size() + kTextSize);
  parts.push_back(text_value(part));
}

void must_fit(const std::string& text) {
  if (text.size() > kMaxText) fail("a string grows too large");
}

std::string backwards(std::string_view bytes) { return {bytes.rbegin(), bytes.rend()}; }

} // namespace

size_t find_in(std::string_view text, std::string_view wanted, size_t from, Budget& budget) {
  if (from > text.size()) return text.npos;
  auto* found =
      static_cast<const char*>(memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size()));
  size_t at = found ? static_cast<size_t>(found - text.data()) : text.npos;
  budget.step(1 + (std::min(at, text.size()) - from + wanted.size()) / 16);
  return at;
}

Value stripped(std::string_view text, const std::string* characters, bool left, bool right, Budget& budget) {
  std::string_view rest = strip(text, characters, left, right);
  budget.read((text.size() - rest.size() + 1) * (characters ? characters->size() + 1 : 1));
  return text_value(rest);
}

std::string upper_text(std::string_view text, Budget& budget) {
  return map_characters(text, utf8proc_toupper, budget);
}
std::string lower_text(std::string_view text, Budget& budget) {
  return map_characters(text, utf8proc_tolower, budget);
}

std::string capitalized(std::string_view text, Budget& budget) {
  if (text.empty()) return "";
  size_t first = code_point_at(text, 0).length;
  return upper_text(text.substr(0, first), budget) + lower_text(text.substr(first), budget);
}

std::string title_text(std::string_view text, Budget& budget) {
  budget.read(text.size());
  std::string out;
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    std::string_view c = text.substr(at, point.length);
    out += in_word ? lower_text(c, budget) : upper_text(c, budget);
    in_word = (char_class(point.value) & kLetter) != 0;
    at += point.length;
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to, int64_t most,
                     Budget& budget) {
  std::string out;
  if (from.empty()) { // between all characters
    for (size_t at = 0; at < text.size();) {
      size_t length = code_point_at(text, at).length;
      if (most-- != 0) out += to;
      out += text.substr(at, length);
      must_fit(out);
      at += length;
    }
    if (most != 0) out += to;
    return out;
  }
  size_t at = 0;
  for (size_t found = find_in(text, from, 0, budget); found != text.npos && most != 0;
       found = find_in(text, from, at, budget), --most) {
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    must_fit(out);
  }
  return out += text.substr(at);
}

std::vector<Value> split_blanks(std::string_view text, int64_t most, Budget& budget) {
  budget.read(text.size());
  auto blanks_end = [&](size_t at) {
    while (at < text.size() && is_python_space(code_point_at(text, at).value)) at += code_point_at(text, at).length;
    return at;
  };
  std::vector<Value> parts;
  for (size_t at = blanks_end(0); at < text.size();) {
    size_t end = at;
    if (most-- == 0) {
      add_part(parts, strip(text.substr(at), nullptr, false, true), budget);
      break;
    }
    while (end < text.size() && !is_python_space(code_point_at(text, end).value))
      end += code_point_at(text, end).length;
    add_part(parts, text.substr(at, end - at), budget);
    at = blanks_end(end);
  }
  return parts;
}

std::vector<Value> split_text(std::string_view text, std::string_view separator, int64_t most, Budget& budget) {
  if (separator.empty()) fail("split: empty separator");
  std::vector<Value> parts;
  size_t at = 0;
  for (size_t found = find_in(text, separator, 0, budget); found != text.npos && most != 0;
       found = find_in(text, separator, at, budget), --most) {
    add_part(parts, text.substr(at, found - at), budget);
    at = found + separator.size();
  }
  add_part(parts, text.substr(at), budget);
  return parts;
}

// From the right is from the left of the bytes the other way round.
std::vector<Value> split_right(std::string_view text, std::string_view separator, int64_t most, Budget& budget) {
  std::vector<Value> parts = split_text(backwards(text), backwards(separator), most, budget);
  for (Value& part : parts) part = backwards(*part.text());
  std::reverse(parts.begin(), parts.end());
  return parts;
}

int64_t count_text(std::string_view text, std::string_view wanted, Budget& budget) {
  if (wanted.empty()) fail("count: empty separator");
  int64_t n = 0;
  for (size_t found = find_in(text, wanted, 0, budget); found != text.npos;
       found = find_in(text, wanted, found + wanted.size(), budget))
    ++n;
  return n;
}

bool all_characters(std::string_view text, int classes, Budget& budget) {
  budget.read(text.size());
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    if ((char_class(point.value) & classes) == 0) return false;
    at += point.length;
  }
  return !text.empty();
}

bool any_affix(const Value& affix, const std::function<bool(const std::string&)>& fits) {
  if (affix.text()) return fits(*affix.text());
  if (!affix.list()) fail("startswith and endswith want a string or a tuple of them");
  return std::any_of(affix.list()->items.begin(), affix.list()->items.end(),
                     [&](const Value& one) { return one.text() && fits(*one.text()); });
}

Value find_text(const std::string& text, const std::string& wanted, Budget& budget) {
  size_t at = find_in(text, wanted, 0, budget);
  return at == text.npos ? int64_t{-1} : static_cast<int64_t>(count_characters(std::string_view(text).substr(0, at)));
}

std::string joined(const std::vector<Value>& items, std::string_view separator, Budget& budget) {
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += separator;
    out += to_text(items[i], budget);
    must_fit(out);
  }
  return out;
}

} // namespace proctor::jinja
