// SPDX-License-Identifier: MIT
#pragma once

// English that stands in mathematical answers: conjunctions, constants by name, number words, synonyms.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace proctor::math {

bool is_conjunction(std::string_view word);             // and, or
std::string_view conjunction(std::string_view word);    // in lower case
std::string_view plain_constant(std::string_view word); // "pi" is "\pi"; empty for other words

// A run of letters that is a word rather than a product of variables.
bool is_word(std::string_view run);

// "three hundred sixty-four thousand", "a dozen", "1.5 million" without its number: the value of number words.
std::optional<int64_t> number_words(std::span<const std::string_view> words);

// "million" is 10^6; 0 for other words.
int power_of_ten_word(std::string_view word);

// Text with case, articles, punctuation and LaTeX gone, synonyms brought to one ("DNE", "none": "no solution").
std::string text_key(std::string_view text);

} // namespace proctor::math
