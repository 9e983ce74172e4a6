// SPDX-License-Identifier: MIT
#pragma once

// The random numbers of one generated question.

#include <string_view>

#include "harness/random.h"

namespace proctor {

// The stream of one question: a function of its id alone.
constexpr uint64_t question_seed(std::string_view family, int version, int level, uint64_t seed, uint64_t index) {
  uint64_t state = 0xCBF29CE484222325u; // FNV-1a of the name, then each number mixed in
  for (char c : family) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  for (uint64_t part : {static_cast<uint64_t>(version), static_cast<uint64_t>(level), seed, index})
    state = SplitMix64::mix((state ^ part) + 0x9E3779B97F4A7C15u);
  return state;
}

} // namespace proctor
