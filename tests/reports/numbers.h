// SPDX-License-Identifier: MIT
#pragma once

// What tests of statistics share: numbers up to rounding, and simulated draws.

#include <doctest/doctest.h>

#include "harness/random.h"

inline doctest::Approx near(double value, double relative = 1e-9) { return doctest::Approx(value).epsilon(relative); }

inline int draw_binomial(proctor::SplitMix64& random, int n, double p) {
  int c = 0;
  for (int i = 0; i < n; ++i) c += random.uniform() < p ? 1 : 0;
  return c;
}

