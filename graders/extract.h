// SPDX-License-Identifier: MIT
#pragma once

// Finds the answer in the answer part of a completion. Pure functions over any bytes, linear in the text, searching
// from its end; no regular expressions, no recursion. What is found is text: graders say what it means.
// docs/answer_extraction.md is the description for users.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graders/answer_grader.h"

namespace proctor {

// Bytes [begin, end) of the text hold the marker; `content` is what it marks, trimmed, possibly empty.
struct Marked {
  size_t begin = 0;
  size_t end = 0;
  std::string content;
};

// The last complete box: \boxed{..}, \fbox{..}, \framebox{..}, boxed{..}, <|begin_of_box|>..<|end_of_box|>, or a
// brace-less "\boxed 7". Nested boxes are unwrapped and a box that never closes is ignored. When the last box is only
// an approximation of the one before it, or is turned down beside it ("\boxed{7}, not \boxed{5}"), that one is taken;
// boxes joined by "or" come back as one "a or b".
std::optional<Marked> last_box(std::string_view text);

// From the opening tag nearest before the last </answer> or </ANSWER>.
std::optional<Marked> last_answer_tag(std::string_view text);

// Whether a fenced code block opens and closes in the text.
bool holds_code_block(std::string_view text);

// The one order of all graders. Marked answers first: the answer tag and the box, the later of the two unless the
// prompt asked for one of them; then an answer tag that a stop string left open, "#### x", a last line "A: x", the
// last announcement in prose, and the whole text where it is one paragraph of at most `whole_limit` bytes. An empty
// box or tag is the model's answer, and it is none.
// Methods: answer_tag, box, open_answer_tag, hashes, a_line, minerva, answer_line, whole.
std::optional<Extracted> extract_answer(std::string_view text, AnswerForm form, size_t whole_limit = 0);

} // namespace proctor
