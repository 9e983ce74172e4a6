// SPDX-License-Identifier: MIT
#pragma once

// Small text helpers that several graders share. Pure; any bytes.

#include <cstddef>
#include <string>
#include <string_view>

namespace proctor {

// Runs of blanks become one space, the ends are trimmed.
std::string fold_blanks(std::string_view text);

// For explanations: blanks folded, cut (at a UTF-8 boundary) with "..." beyond `limit` bytes.
std::string one_line(std::string_view text, size_t limit = 80);

// A vote key made from free text: long texts keep their beginning and a hash of the whole. Never empty for a text
// that holds anything but blanks.
std::string text_vote_key(std::string_view normalised, std::string_view original);

// Without markdown emphasis and code ticks: "**x**" and "`x`" become "x". Single '*' and '_' stay (products, names).
std::string strip_emphasis(std::string_view text);

// The position of the last `word` (lower case) that begins before `end`, ignoring ASCII case; npos when there is
// none. `trigger` is the index of its rarest byte: the search jumps from one such byte to the next.
size_t rfind_ignoring_case(std::string_view text, std::string_view word, size_t trigger, size_t end);

bool equal_ignoring_case(std::string_view a, std::string_view b);

} // namespace proctor
