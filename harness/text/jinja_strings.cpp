// SPDX-License-Identifier: MIT
#include "harness/text/jinja_strings.h"

#include <algorithm>
#include <cstring>
#include <utf8proc.h>

#include "harness/text/unicode.h"
#include "harness/text/utf8.h"

namespace proctor::jinja {
namespace {

enum class Case { none, lower, upper, title };

Case case_of(char32_t c) {
  auto code = static_cast<utf8proc_int32_t>(c);
  switch (utf8proc_category(code)) {
  case UTF8PROC_CATEGORY_LL: return Case::lower;
  case UTF8PROC_CATEGORY_LU: return Case::upper;
  case UTF8PROC_CATEGORY_LT: return Case::title;
  default: break;
  }
  return utf8proc_toupper(code) != code ? Case::lower : utf8proc_tolower(code) != code ? Case::upper : Case::none;
}

// Whether the text has letters of `wanted` and none of another case.
bool all_cased(std::string_view text, Case wanted, Budget& budget) {
  budget.read(text.size());
  bool any = false;
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    Case is = case_of(point.value);
    if (is != wanted && is != Case::none) return false;
    any = any || is == wanted;
    at += point.length;
  }
  return any;
}

// Decimal digits, and those of Numeric_Type=Digit.
bool is_python_digit(char32_t c) {
  static constexpr char32_t kDigits[][2] = {
      {0xB2, 0xB3},     {0xB9, 0xB9},       {0x1369, 0x1371},   {0x19DA, 0x19DA},   {0x2070, 0x2070},
      {0x2074, 0x2079}, {0x2080, 0x2089},   {0x2460, 0x2468},   {0x2474, 0x247C},   {0x2488, 0x2490},
      {0x24EA, 0x24EA}, {0x24F5, 0x24FD},   {0x24FF, 0x24FF},   {0x2776, 0x277E},   {0x2780, 0x2788},
      {0x278A, 0x2792}, {0x10A40, 0x10A43}, {0x10E60, 0x10E68}, {0x11052, 0x1105A}, {0x1F100, 0x1F10A}};
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND ||
         std::any_of(std::begin(kDigits), std::end(kDigits),
                     [&](auto& range) { return c >= range[0] && c <= range[1]; });
}

using CaseMap = utf8proc_int32_t (*)(utf8proc_int32_t);

// Characters whose upper or title case is more than one character, without the sharp s.
bool has_long_upper(char32_t c) {
  static constexpr char32_t kLong[][2] = {
      {0x149, 0x149},   {0x1F0, 0x1F0},   {0x390, 0x390},   {0x3B0, 0x3B0},   {0x587, 0x587},   {0x1E96, 0x1E9A},
      {0x1F50, 0x1F50}, {0x1F52, 0x1F52}, {0x1F54, 0x1F54}, {0x1F56, 0x1F56}, {0x1F80, 0x1FAF}, {0x1FB2, 0x1FB4},
      {0x1FB6, 0x1FB7}, {0x1FBC, 0x1FBC}, {0x1FC2, 0x1FC4}, {0x1FC6, 0x1FC7}, {0x1FCC, 0x1FCC}, {0x1FD2, 0x1FD3},
      {0x1FD6, 0x1FD7}, {0x1FE2, 0x1FE4}, {0x1FE6, 0x1FE7}, {0x1FF2, 0x1FF4}, {0x1FF6, 0x1FF7}, {0x1FFC, 0x1FFC},
      {0xFB00, 0xFB06}, {0xFB13, 0xFB17}};
  return std::any_of(std::begin(kLong), std::end(kLong), [&](auto& range) { return c >= range[0] && c <= range[1]; });
}

bool is_case_ignorable(char32_t c) { // about as Unicode defines it
  int category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_CF ||
         category == UTF8PROC_CATEGORY_LM || category == UTF8PROC_CATEGORY_SK ||
         std::u32string_view(U"'.:·’‘").find(c) != std::u32string_view::npos;
}

// Whether the sigma at `at` ends a word.
bool is_final_sigma(std::string_view text, size_t at, Budget& budget) {
  auto is_letter_at = [&](size_t i) { return case_of(code_point_at(text, i).value) != Case::none; };
  auto ignored = [&](size_t i) {
    budget.step();
    return is_case_ignorable(code_point_at(text, i).value);
  };
  size_t before = at, after = at + code_point_at(text, at).length;
  auto previous = [&] { return before - last_length(text.substr(0, before)); };
  while (before > 0 && ignored(previous())) before = previous();
  while (after < text.size() && ignored(after)) after += code_point_at(text, after).length;
  return before > 0 && is_letter_at(previous()) && !(after < text.size() && is_letter_at(after));
}

// The character at `at`, mapped as it stands in `text`.
void append_mapped(std::string& out, std::string_view text, size_t at, CaseMap map, Budget& budget) {
  CodePoint point = code_point_at(text, at);
  if (!point.valid)
    out += text[at];
  else if (point.value < 0x80)
    out += static_cast<char>(map(static_cast<utf8proc_int32_t>(point.value)));
  else if (point.value == 0xDF && map != utf8proc_tolower)
    out += map == utf8proc_toupper ? "SS" : "Ss";
  else if (point.value == 0x130 && map == utf8proc_tolower)
    out += "i\u0307";
  else if (point.value == 0x3A3 && map == utf8proc_tolower)
    out += is_final_sigma(text, at, budget) ? "ς" : "σ";
  else if (map != utf8proc_tolower && has_long_upper(point.value))
    fail(fmt::format("the upper case of '{}' is not supported", text.substr(at, point.length)));
  else
    append_utf8(out, static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(point.value))));
}

std::string map_characters(std::string_view text, CaseMap map, Budget& budget) {
  budget.read(text.size());
  std::string out;
  for (size_t at = 0; at < text.size(); at += code_point_at(text, at).length)
    append_mapped(out, text, at, map, budget);
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
  const char* begin = text.data() + from;
  const size_t size = text.size() - from;
  const void* place = wanted.size() == 1 ? memchr(begin, wanted[0], size) : memmem(begin, size, wanted.data(), wanted.size());
  auto* found = static_cast<const char*>(place);
  size_t at = found ? static_cast<size_t>(found - text.data()) : text.npos;
  budget.step(1 + (std::min(at, text.size()) - from + wanted.size()) / 8);
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
  budget.read(text.size());
  std::string out;
  for (size_t at = 0; at < text.size(); at += code_point_at(text, at).length)
    append_mapped(out, text, at, at == 0 ? utf8proc_totitle : utf8proc_tolower, budget);
  return out;
}

std::string title_text(std::string_view text, Budget& budget) {
  budget.read(text.size());
  std::string out;
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    append_mapped(out, text, at, in_word ? utf8proc_tolower : utf8proc_totitle, budget);
    in_word = case_of(point.value) != Case::none;
    at += point.length;
  }
  return out;
}

// Each word is lowered by itself, as Jinja does.
std::string title_words(std::string_view text, Budget& budget) {
  budget.read(text.size());
  auto ends_word = [](char32_t c) {
    return is_python_space(c) || std::u32string_view(U"-({[<").find(c) != std::u32string_view::npos;
  };
  std::string out;
  while (!text.empty()) {
    size_t end = 0;
    bool separates = ends_word(code_point_at(text, 0).value);
    while (end < text.size() && ends_word(code_point_at(text, end).value) == separates)
      end += code_point_at(text, end).length;
    size_t first = code_point_at(text, 0).length;
    append_mapped(out, text, 0, utf8proc_toupper, budget);
    out += map_characters(text.substr(first, end - first), utf8proc_tolower, budget);
    text.remove_prefix(end);
  }
  return out;
}

bool is_lower_text(std::string_view text, Budget& budget) { return all_cased(text, Case::lower, budget); }
bool is_upper_text(std::string_view text, Budget& budget) { return all_cased(text, Case::upper, budget); }

bool is_digit_text(std::string_view text, Budget& budget) {
  budget.read(text.size());
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    if (!is_python_digit(point.value)) return false;
    at += point.length;
  }
  return !text.empty();
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to, int64_t most,
                     Budget& budget) {
  std::string out;
  if (from.empty()) { // between all characters
    for (size_t at = 0; at < text.size();) {
      size_t length = code_point_at(text, at).length;
      if (most != 0) {
        out += to;
        --most;
      }
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
      add_part(parts, text.substr(at), budget);
      break;
    }
    while (end < text.size() && !is_python_space(code_point_at(text, end).value))
      end += code_point_at(text, end).length;
    add_part(parts, text.substr(at, end - at), budget);
    at = blanks_end(end);
  }
  return parts;
}

std::vector<Value> split_right_blanks(std::string_view text, int64_t most, Budget& budget) {
  std::vector<Value> all = split_blanks(text, -1, budget);
  if (most < 0 || std::cmp_less_equal(all.size(), most)) return all;
  auto kept = all.end() - most;
  for (auto it = all.rbegin(); it != std::make_reverse_iterator(kept); ++it)
    text = strip(text, nullptr, false, true).substr(0, strip(text, nullptr, false, true).size() - it->text()->size());
  std::vector<Value> parts;
  add_part(parts, strip(text, nullptr, false, true), budget);
  parts.insert(parts.end(), kept, all.end());
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
  if (wanted.empty()) return static_cast<int64_t>(count_code_points(text)) + 1;
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

bool any_affix(const Value& affix, Budget& budget, const std::function<bool(const std::string&)>& fits) {
  if (affix.text()) return fits(*affix.text());
  if (!affix.list() || affix.list()->flavour != List::tuple)
    fail("startswith and endswith want a string or a tuple of them");
  for (const Value& one : affix.list()->items) {
    budget.step();
    if (!one.text()) fail("startswith and endswith want a string or a tuple of them");
    if (fits(*one.text())) return true;
  }
  return false;
}

Line first_line(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    CodePoint point = code_point_at(text, at);
    size_t length = text.substr(at).starts_with("\r\n") ? 2 : point.length;
    char32_t c = point.value;
    if ((c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029)
      return {text.substr(0, at), text.substr(at, length)};
    at += point.length;
  }
  return {text, {}};
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
