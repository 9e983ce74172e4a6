// SPDX-License-Identifier: MIT
#pragma once

// Judgements with the explanations that all graders share.

#include <string>
#include <string_view>

#include "graders/answer_grader.h"

namespace proctor {

// "answer 180, expected 204 (from the last box)", or "204 equals 204 (...)" when correct.
Judgement judged(bool correct, const Extracted& extracted, std::string_view target, std::string vote_key);

// not_graded, reason grader_error: the question's own reference cannot be read.
Judgement unreadable_target(std::string_view target, std::string_view wanted);

} // namespace proctor
