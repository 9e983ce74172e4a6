// SPDX-License-Identifier: MIT
#pragma once

// English that stands in mathematical answers: conjunctions, constants by name, number words, synonyms.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace proctor::math {

// Two letters that are a word in a sentence and a product in a formula: "at", "by", "is".
bool is_preposition(std::string_view run);

bool is_conjunction(std::string_view word);             // and, or
std::string_view conjunction(std::string_view word);    // in lower case
std::string_view plain_constant(std::string_view word); // "pi" is "\pi"; empty for other words

// A run of letters that is a word rather than a product of variables.
bool is_word(std::string_view run);

// "three hundred sixty-four thousand", "a dozen", "1.5 million" without its number: the value of number words.
std::optional<int64_t> number_words(std::span<const std::string_view> words);

// What `count` parts of this name are parts of: 3 for two "thirds", 2 for one "half"; 0 for other words.
int fraction_word(std::string_view word, int64_t count);

// "million" is 10^6; 0 for other words.
int power_of_ten_word(std::string_view word);

// Text with case, articles, punctuation and LaTeX gone, synonyms brought to one ("DNE", "none": "no solution").
std::string text_key(std::string_view text);

// Whether two texts say the same: equal keys, also of what a short sentence says ("It is Monday": "Monday"), or one
// names the kind of thing that the other leaves out ("even function": "even").
bool same_text(std::string_view a, std::string_view b);

} // namespace proctor::math
