// SPDX-License-Identifier: MIT
#include "harness/text/jinja_strings.h"

#include <algorithm>
#include <utf8proc.h>

#include "harness/text/unicode.h"
#include "harness/text/utf8.h"

namespace proctor::jinja {
namespace {

std::string map_characters(std::string_view text, utf8proc_int32_t (*map)(utf8proc_int32_t)) {
  std::string out;
  for (std::string_view c : characters_of(text)) {
    CodePoint point = code_point_at(c, 0);
    if (!point.valid)
      out += c;
    else if (point.value == 0xDF && map == utf8proc_toupper)
      out += "SS";
    else
      append_utf8(out, static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(point.value))));
  }
  return out;
}

} // namespace

std::string upper_text(std::string_view text) { return map_characters(text, utf8proc_toupper); }
std::string lower_text(std::string_view text) { return map_characters(text, utf8proc_tolower); }

std::string capitalized(std::string_view text) {
  if (text.empty()) return "";
  size_t first = code_point_at(text, 0).length;
  return upper_text(text.substr(0, first)) + lower_text(text.substr(first));
}

std::string title_text(std::string_view text) {
  std::string out;
  bool in_word = false;
  for (std::string_view c : characters_of(text)) {
    bool letter = (char_class(code_point_at(c, 0).value) & kLetter) != 0;
    out += in_word ? lower_text(c) : upper_text(c);
    in_word = letter;
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to, int64_t most) {
  std::string out;
  if (from.empty()) { // between all characters
    for (std::string_view c : characters_of(text)) {
      if (most-- != 0) out += to;
      out += c;
    }
    if (most != 0) out += to;
    return out;
  }
  size_t at = 0;
  for (size_t found = text.find(from); found != text.npos && most != 0; found = text.find(from, at), --most) {
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    if (out.size() > kMaxText) fail("a string grows too large");
  }
  return out += text.substr(at);
}

std::vector<Value> split_blanks(std::string_view text, int64_t most) {
  std::vector<Value> parts;
  for (text = strip(text, nullptr, true, false); !text.empty(); text = strip(text, nullptr, true, false)) {
    if (most-- == 0) {
      parts.push_back(text_value(strip(text, nullptr, false, true)));
      break;
    }
    size_t end = 0;
    while (end < text.size() && !is_python_space(code_point_at(text, end).value))
      end += code_point_at(text, end).length;
    parts.push_back(text_value(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return parts;
}

std::vector<Value> split_text(std::string_view text, std::string_view separator, int64_t most) {
  if (separator.empty()) fail("split: empty separator");
  std::vector<Value> parts;
  for (size_t found = text.find(separator); found != text.npos && most != 0; found = text.find(separator), --most) {
    parts.push_back(text_value(text.substr(0, found)));
    text.remove_prefix(found + separator.size());
  }
  parts.push_back(text_value(text));
  return parts;
}

std::vector<Value> split_right(std::string_view text, std::string_view separator, int64_t most) {
  if (separator.empty()) fail("rsplit: empty separator");
  std::vector<Value> parts;
  for (size_t found = text.rfind(separator); found != text.npos && most != 0; found = text.rfind(separator), --most) {
    parts.push_back(text_value(text.substr(found + separator.size())));
    text = text.substr(0, found);
  }
  parts.push_back(text_value(text));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

bool all_characters(std::string_view text, int classes) {
  auto all = characters_of(text);
  return !all.empty() && std::all_of(all.begin(), all.end(), [&](std::string_view c) {
    return (char_class(code_point_at(c, 0).value) & classes) != 0;
  });
}

bool any_affix(const Value& affix, const std::function<bool(const std::string&)>& fits) {
  if (affix.text()) return fits(*affix.text());
  if (!affix.list()) fail("startswith and endswith want a string or a tuple of them");
  return std::any_of(affix.list()->items.begin(), affix.list()->items.end(),
                     [&](const Value& one) { return one.text() && fits(*one.text()); });
}

Value find_text(const std::string& text, const std::string& wanted) {
  size_t at = text.find(wanted);
  return at == text.npos ? int64_t{-1} : static_cast<int64_t>(count_characters(std::string_view(text).substr(0, at)));
}

std::string joined(const std::vector<Value>& items, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += separator;
    out += to_text(items[i]);
    if (out.size() > kMaxText) fail("a string grows too large");
  }
  return out;
}

} // namespace proctor::jinja
