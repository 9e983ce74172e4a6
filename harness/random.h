// SPDX-License-Identifier: MIT
#pragma once

// Our own random numbers: SplitMix64 (Steele, Lea, Flood 2014) and Lemire's unbiased bounded draw (2019). The
// standard distributions differ between libraries; a generated question or a bootstrap must not. Changing anything
// here changes every generated question, and so the version of every family.

#include <cstdint>
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

  // Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

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

} // namespace proctor
