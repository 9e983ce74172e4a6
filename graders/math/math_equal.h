// SPDX-License-Identifier: MIT
#pragma once

// Mathematical equality of two answers given as text: the module's front door. Pure and safe to call concurrently;
// any bytes end in a verdict within kTimeLimit.

#include <chrono>
#include <string>
#include <string_view>

#include "graders/math/compare.h"

namespace proctor::math {

inline constexpr std::chrono::microseconds kTimeLimit{25000}; // between steps; the longest step may follow

// `gold` and `pred` are answers, not whole responses (math_extract.h finds answers).
MathVerdict math_equal(std::string_view gold, std::string_view pred, const Policies& policies,
                       const NumericKernel& kernel = default_kernel());

// The value of an answer that is a rational number, or an assignment of one, as "p" or "p/q" in lowest terms; nullopt
// for everything else, numbers with units, and values of more than max_bits bits.
std::optional<std::string> rational_value(std::string_view text, int max_bits);

// Whether a text is mathematics from its first token to its last.
bool parses(std::string_view text);

// A formula that was typeset token by token, one a row of a matrix, joined again; other texts as they are.
std::string join_token_rows(std::string_view text);

// Whether a gold lists several values, so that several boxes may make one answer.
bool is_list_answer(std::string_view gold);

std::string_view to_string(Equality equality);

} // namespace proctor::math
