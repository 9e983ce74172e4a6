// SPDX-License-Identifier: MIT
// Pairs of BF16 as two fused multiply-adds in F32, for processors without VDPBF16PS.

constexpr int kPairBytes = 8; // of two values of an activation

struct WeightPairs {
  Floats even, odd;
};
inline WeightPairs load_pairs(const uint8_t* p) {
  WeightPairs pairs;
  load_bf16_pairs(p, pairs.even, pairs.odd);
  return pairs;
}

// Two rounded values, given as the bits of F32.
inline void put_pair(uint32_t even, uint32_t odd, uint8_t* out) {
  __builtin_memcpy(out, &even, 4);
  __builtin_memcpy(out + 4, &odd, 4);
}

inline Floats dot_pairs(const WeightPairs& w, const uint8_t* x, const Floats& sum) {
  float pair[2];
  __builtin_memcpy(pair, x, 8);
  return fma(w.even, set(pair[0]), fma(w.odd, set(pair[1]), sum));
}
