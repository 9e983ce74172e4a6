// SPDX-License-Identifier: MIT
#pragma once

// Reads rows of any DType into plain numbers: the reference that every device's own packing is checked against, and
// what packs for them. Pure; rows may be unaligned.

#include "backends/engine/format/dtype.h"

namespace proctor {

float half_to_float(uint16_t bits);
uint16_t float_to_half(float value); // round to nearest even
inline float bf16_to_float(uint16_t bits) { return __builtin_bit_cast(float, static_cast<uint32_t>(bits) << 16); }
inline uint16_t float_to_bf16(float value) { // round to nearest even
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// A row of a quantised type taken apart. codes: cols values. scales, mins: one for every info(type).group values;
// mins are written only where has_min.
void unpack_row(DType type, const uint8_t* row, int64_t cols, uint8_t* codes, float* scales, float* mins);

// The values of a row.
void dequantise_row(DType type, const uint8_t* row, int64_t cols, float* out);

// The simplest quantiser of a row (round to nearest, no search): for random weights and tests. Not for q4_k, q5_k,
// q6_k and iq4_nl.
void quantise_row(DType type, const float* values, int64_t cols, uint8_t* row);

} // namespace proctor
