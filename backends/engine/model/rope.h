// SPDX-License-Identifier: MIT
#pragma once

// Rotary position embedding as a table: one frequency for each pair of a head's dimensions, whatever the scaling.

#include <vector>

#include "backends/engine/model/config.h"

namespace proctor {

struct Rope {
  std::vector<float> frequencies; // (head_dim / 2), radians per position, scaling included
  float magnitude = 1;            // cosines and sines are multiplied by it (yarn)
};

// divisors: of the frequencies, as GGUF's rope_freqs.weight has them; empty: none.
Rope make_rope(const RopeConfig& config, int head_dim, const std::vector<float>& divisors);

// cos and sin of every pair at one position, (head_dim / 2) each. In float32 as transformers computes the angle, so
// that far positions agree with what models were trained with.
void rope_row(const Rope& rope, int position, float* cosines, float* sines);

} // namespace proctor
