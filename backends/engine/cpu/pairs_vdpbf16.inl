// SPDX-License-Identifier: MIT
// The same for processors that have it (pairs_fma.inl).

constexpr int kPairBytes = 4;

struct WeightPairs {
  __m512i v;
};
inline WeightPairs load_pairs(const uint8_t* p) { return {load_bytes(p)}; }
inline void put_pair(uint32_t even, uint32_t odd, uint8_t* out) {
  uint32_t pair = even >> 16 | odd;
  __builtin_memcpy(out, &pair, 4);
}
inline Floats dot_pairs(const WeightPairs& w, const uint8_t* x, const Floats& sum) {
  return {_mm512_dpbf16_ps(sum.v, (__m512bh)w.v, (__m512bh)broadcast_four(x))};
}
