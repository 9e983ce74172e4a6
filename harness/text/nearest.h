// SPDX-License-Identifier: MIT
#pragma once

// Finds the names a user may have meant.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proctor {

// At most `most` candidates within a third of the wanted name's length in edits (Damerau-Levenshtein, case-blind),
// or that contain it or begin like it; nearest first.
std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> candidates,
                                       size_t most = 3);

// "; did you mean a, b or c?" or nothing: the tail of an error about an unknown name.
std::string did_you_mean(std::string_view wanted, std::span<const std::string> candidates);

} // namespace proctor
