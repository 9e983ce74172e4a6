// SPDX-License-Identifier: MIT
#pragma once

// Answers as votes see them: classes by strict equality alone, because leniency is not transitive. A key is a
// function of one answer; a rational number's is its value, so that 0.5, 1/2 and \frac12 are one key and most votes
// are counted without a comparison.

#include <string>
#include <string_view>

namespace proctor::math {

struct Vote {
  std::string_view text;
  std::string_view key;
};

// "7/2", "-3", or the answer's normalised text; never empty for a text that is not blank.
std::string vote_key(std::string_view answer);

// Whether two answers are certainly the same by the profile `strict`. Symmetric.
bool same_vote(const Vote& a, const Vote& b);

} // namespace proctor::math
