// SPDX-License-Identifier: MIT
#pragma once

// Sentences and lines that announce an answer in prose: "The final answer is 7.", "**Answer:** 7", "#### 7",
// "A: 7", and the like in eight more languages. Pure, any bytes, linear time.

#include <optional>
#include <string>
#include <string_view>

namespace proctor {

struct Statement {
  std::string text;        // what is announced: without emphasis and final period, up to the end of its sentence
  std::string_view method; // "minerva", "hashes", "a_line", "answer_line"
};

// The last "(final) answer (is|:)" of the text in English, Chinese, French, German, Spanish, Japanese, Korean,
// Arabic or Hindi. Announcements that only comment ("the answer is correct"), that are doubted or turned down ("I do
// not think the answer is 7", "the answer is not 7") and those that end in a box which was never closed are passed
// over. A heading such as "### Final answer" announces the line below it.
std::optional<Statement> last_answer_statement(std::string_view text);

// GSM8K's "#### x": as the last line, or anywhere when x is one word with a digit (a markdown heading is not).
std::optional<Statement> hash_line(std::string_view text);

// A last line "A: x".
std::optional<Statement> a_line(std::string_view text);

// The first math span ($..$, $$..$$, \(..\), \[..\]) of a line, without its delimiters; absent when there is none,
// when digits or letters of an answer stand before it, or when "or" joins it to something else. A lone "$18" is
// money, not mathematics.
std::optional<std::string_view> leading_math_span(std::string_view line);

// The last line that is not blank, trimmed.
std::string_view last_line(std::string_view text);

} // namespace proctor
