// SPDX-License-Identifier: MIT
#pragma once

// Python's string functions, on Unicode characters, as methods and filters of templates share them.

#include "harness/text/jinja_call.h"

namespace proctor::jinja {

std::string upper_text(std::string_view text);
std::string lower_text(std::string_view text);
std::string capitalized(std::string_view text); // the first character upper case, the rest lower case
std::string title_text(std::string_view text);  // the same for each word

// most: how often at most; negative: always. Fails where the result grows too large.
std::string replaced(std::string_view text, std::string_view from, std::string_view to, int64_t most);
std::vector<Value> split_blanks(std::string_view text, int64_t most);
std::vector<Value> split_text(std::string_view text, std::string_view separator, int64_t most);
std::vector<Value> split_right(std::string_view text, std::string_view separator, int64_t most);

bool all_characters(std::string_view text, int classes); // CharClass; false for an empty text
bool any_affix(const Value& affix, const std::function<bool(const std::string&)>& fits); // a string or several
Value find_text(const std::string& text, const std::string& wanted);                     // str.find
std::string joined(const std::vector<Value>& items, std::string_view separator);

} // namespace proctor::jinja
