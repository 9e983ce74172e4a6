// SPDX-License-Identifier: MIT
#pragma once

// What a sentence makes of the options whose letters it names: "option B is correct", "(A) is not", "B rather than D".
// Pure, any bytes, linear time.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace proctor {

enum class Stance { named, settled_on, rejected };

struct Stances {
  std::vector<Stance> letters; // one of each given letter
  bool decides = false;        // something is called correct or the answer, be it without a letter
};

// `letters` are the places of single letters in the text, ascending.
Stances read_stances(std::string_view text, std::span<const size_t> letters);

} // namespace proctor
