// SPDX-License-Identifier: MIT
#pragma once

// Finds the mathematical answer of a response. Boxes, tags and announcements as every grader takes them
// (graders/extract.h); then what is particular to mathematics: several boxes that make one list, a response that is
// nothing but a formula, and under `lenient_extraction` the last formula or number. The gold's shape decides whether
// boxes are joined; it never picks among candidates.

#include <optional>
#include <string_view>

#include "graders/answer_grader.h"
#include "graders/math/compare.h"

namespace proctor::math {

// What a whole response answers to a gold, which may itself be a box, a sentence or a worked solution.
// Methods: those of extract_answer, and boxes, formula; as fallbacks last_formula, last_fragment, last_equation,
// last_number, whole.
std::optional<Extracted> extract_math(std::string_view text, std::string_view gold, AnswerForm form,
                                      const Policies& policies);

// The reference answer: a gold may be a worked solution, a sentence or a box.
std::string answer_in_gold(std::string_view gold, const Policies& policies);

// Whether an extracted answer is the gold's.
MathVerdict judge_answer(std::string_view gold, std::string_view answer, const Policies& policies);

// The answer part of a whole response: what follows the thinking. nullopt: thinking that never ended.
std::optional<std::string_view> answer_part(std::string_view response, const Policies& policies);

} // namespace proctor::math
