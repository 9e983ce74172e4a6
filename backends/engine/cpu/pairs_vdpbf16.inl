// SPDX-License-Identifier: MIT
// The same for processors that have it (pairs_fma.inl).

constexpr int kPairBytes = 4;

struct WeightPairs {
  __m512i v;
};
inline WeightPairs load_pairs(const uint8_t* p) { return {load_bytes(p)}; }
inline void put_eight_pairs(const Floats& values, uint8_t* out) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), (__m256i)_mm512_cvtneps_pbh(values.v));
}
inline Floats dot_pairs(const WeightPairs& w, const uint8_t* x, const Floats& sum) {
  return {_mm512_dpbf16_ps(sum.v, (__m512bh)w.v, (__m512bh)broadcast_four(x))};
}
