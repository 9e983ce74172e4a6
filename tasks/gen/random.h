// SPDX-License-Identifier: MIT
#pragma once

// The generators' own random numbers: SplitMix64 (Steele, Lea, Flood 2014) and Lemire's unbiased bounded draw
// (2019). The standard distributions differ between libraries; a question must not. Changing anything here changes
// every generated question, and so the version of every family.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/check.h"

namespace proctor {

class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15u); }

  // Uniform in [0, bound); bound is not 0.
  uint32_t below(uint32_t bound) {
    PROCTOR_CHECK(bound != 0);
    uint64_t product = uint64_t{draw32()} * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t threshold = (0u - bound) % bound;
      while (static_cast<uint32_t>(product) < threshold) product = uint64_t{draw32()} * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }

  // Uniform in [low, high].
  int64_t between(int64_t low, int64_t high) { return low + below(static_cast<uint32_t>(high - low + 1)); }

  template <class T> const T& pick(const std::vector<T>& items) {
    return items[below(static_cast<uint32_t>(items.size()))];
  }

  template <class T> void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(static_cast<uint32_t>(i))]);
  }

  static constexpr uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  uint32_t draw32() { return static_cast<uint32_t>(next() >> 32); }
  uint64_t state_;
};

// The stream of one question: a function of its id alone.
constexpr uint64_t question_seed(std::string_view family, int version, int level, uint64_t seed, uint64_t index) {
  uint64_t state = 0xCBF29CE484222325u; // FNV-1a of the name, then each number mixed in
  for (char c : family) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  for (uint64_t part : {static_cast<uint64_t>(version), static_cast<uint64_t>(level), seed, index})
    state = SplitMix64::mix((state ^ part) + 0x9E3779B97F4A7C15u);
  return state;
}

} // namespace proctor
