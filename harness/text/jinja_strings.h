// SPDX-License-Identifier: MIT
#pragma once

// Python's string functions, on Unicode characters, as methods and filters of templates share them.

#include "harness/text/jinja_call.h"

namespace proctor::jinja {

std::string upper_text(std::string_view text, Budget& budget);
std::string lower_text(std::string_view text, Budget& budget);
std::string capitalized(std::string_view text, Budget& budget); // first character upper case, the rest lower case
std::string title_text(std::string_view text, Budget& budget);  // str.title: the same for each run of letters
std::string title_words(std::string_view text, Budget& budget); // the filter: words end at blanks, - ( { [ <
bool is_lower_text(std::string_view text, Budget& budget);      // str.islower
bool is_upper_text(std::string_view text, Budget& budget);
bool is_digit_text(std::string_view text, Budget& budget); // str.isdigit

// Where `wanted` is in `text` from `from` on, in time linear in both; npos: nowhere.
size_t find_in(std::string_view text, std::string_view wanted, size_t from, Budget& budget);

// strip() of jinja_value.h for a template's own characters; null: blanks.
Value stripped(std::string_view text, const std::string* characters, bool left, bool right, Budget& budget);

// most: how often at most; negative: always. Fails where the result grows too large.
std::string replaced(std::string_view text, std::string_view from, std::string_view to, int64_t most, Budget& budget);
std::vector<Value> split_blanks(std::string_view text, int64_t most, Budget& budget);
std::vector<Value> split_text(std::string_view text, std::string_view separator, int64_t most, Budget& budget);
std::vector<Value> split_right_blanks(std::string_view text, int64_t most, Budget& budget);
std::vector<Value> split_right(std::string_view text, std::string_view separator, int64_t most, Budget& budget);
int64_t count_text(std::string_view text, std::string_view wanted, Budget& budget); // str.count

bool all_characters(std::string_view text, int classes, Budget& budget); // CharClass; false for an empty text
bool any_affix(const Value& affix, Budget& budget,
               const std::function<bool(const std::string&)>& fits); // a string or several

// The first line of a text and what ends it, as str.splitlines() sees lines; empty: the text's end.
struct Line {
  std::string_view text, end;
};
Line first_line(std::string_view text);
std::string joined(const std::vector<Value>& items, std::string_view separator, Budget& budget);

} // namespace proctor::jinja
