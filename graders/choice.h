// SPDX-License-Identifier: MIT
#pragma once

// Option letters in text: "(C)", "C.", "**C**", "\text{C}", "option C", full-width forms, or the option's own words
// where the options are known. Two different letters are a hedge, not an answer. Pure, any bytes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graders/answer_grader.h"

namespace proctor {

struct OptionChoice {
  std::optional<char> letter; // 'A'..'Z'
  bool hedged = false;        // several different letters
};

// metadata.options, an array of strings with or without their "(A) "; empty where unknown.
std::vector<std::string> options_of(const Question& question);

// What a short span of text chooses. With options known, letters beyond them are none.
OptionChoice read_choice(std::string_view span, const std::vector<std::string>& options);

// As extract_answer, then "option C is correct", then a last line that is nothing but a choice. More methods:
// option_line, letter_line.
std::optional<Extracted> extract_choice(std::string_view answer_text, const Question& question);

} // namespace proctor
