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

// Bits of the nearest BF16 as an F32, ties to even; subnormal numbers become zero.
inline uint32_t round_to_bf16(uint32_t bits) {
  uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
  rounded = (bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : rounded; // NaN
  return (bits & 0x7f800000) == 0 ? 0 : rounded & 0xffff0000;
}

inline void put_eight_pairs(const Floats& values, uint8_t* out) {
  float v[16];
  uint32_t bits[16];
  store(v, values);
  for (int i = 0; i < 16; ++i) bits[i] = round_to_bf16(__builtin_bit_cast(uint32_t, v[i]));
  __builtin_memcpy(out, bits, sizeof bits);
}

inline Floats dot_pairs(const WeightPairs& w, const uint8_t* x, const Floats& sum) {
  float pair[2];
  __builtin_memcpy(pair, x, 8);
  return fma(w.even, set(pair[0]), fma(w.odd, set(pair[1]), sum));
}
