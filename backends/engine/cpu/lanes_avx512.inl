// SPDX-License-Identifier: MIT
// Sixteen lanes as one AVX-512 register; integer products with VNNI.

struct Floats {
  __m512 v;
};
struct Ints {
  __m512i v;
};

constexpr int kTile = 8;
constexpr int kCodeWidth = 1;

inline Floats load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline void store(float* p, const Floats& a) { _mm512_storeu_ps(p, a.v); }
inline Floats set(float x) { return {_mm512_set1_ps(x)}; }
inline Floats add(const Floats& a, const Floats& b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Floats sub(const Floats& a, const Floats& b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Floats mul(const Floats& a, const Floats& b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Floats div(const Floats& a, const Floats& b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Floats max(const Floats& a, const Floats& b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Floats min(const Floats& a, const Floats& b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Floats fma(const Floats& a, const Floats& b, const Floats& c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Floats absolute(const Floats& a) { return {_mm512_abs_ps(a.v)}; }
inline Floats to_floats(const Ints& a) { return {_mm512_cvtepi32_ps(a.v)}; }
inline Ints round_to_ints(const Floats& a) { return {_mm512_cvtps_epi32(a.v)}; }
inline Ints set_int(int32_t x) { return {_mm512_set1_epi32(x)}; }
inline Ints load_ints(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
inline void store_ints(int32_t* p, const Ints& a) { _mm512_storeu_si512(p, a.v); }
inline Ints bit_xor(const Ints& a, const Ints& b) { return {_mm512_xor_si512(a.v, b.v)}; }
inline Ints wide_product(const Ints& a, uint32_t b, Ints& high) {
  const __m512i factor = _mm512_set1_epi32(static_cast<int32_t>(b));
  __m512i even = _mm512_mul_epu32(a.v, factor), odd = _mm512_mul_epu32(_mm512_srli_epi64(a.v, 32), factor);
  high.v = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
  return {_mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32))};
}
template <int kShift> inline Ints subtract_shifted(const Ints& a, const Ints& b) {
  return {_mm512_sub_epi32(a.v, _mm512_slli_epi32(b.v, kShift))};
}
inline Floats scale_by_power(const Floats& a, const Ints& n) {
  return {_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a.v), _mm512_slli_epi32(n.v, 23)))};
}
inline void store_bytes(int8_t* p, const Ints& a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(a.v));
}
inline float sum_eight(__m256 v) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float max_eight(__m256 v) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
inline float largest_of_eight(__m256i bits) {
  __m128i four = _mm_max_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
  __m128i two = _mm_max_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_max_epi32(two, _mm_shuffle_epi32(two, 1))));
}
inline float sum_lanes(const Floats& a) {
  return sum_eight(_mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1)));
}
inline float max_lanes(const Floats& a) {
  return max_eight(_mm256_max_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1)));
}
inline float largest_magnitude(const Floats& a, const Floats& b) {
  __m512i bits = _mm512_max_epi32(_mm512_castps_si512(absolute(a).v), _mm512_castps_si512(absolute(b).v));
  return largest_of_eight(_mm256_max_epi32(_mm512_castsi512_si256(bits), _mm512_extracti64x4_epi64(bits, 1)));
}
inline int32_t sum_codes(const int8_t* codes) {
  __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  __m128i words = _mm_maddubs_epi16(_mm_set1_epi8(1), bytes); // at most 2 * 128 each
  __m128i four = _mm_madd_epi16(words, _mm_set1_epi16(1));
  __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1);
}
inline Floats load_bf16(const uint16_t* p) {
  __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
inline Floats load_half(const uint8_t* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
inline __m512i load_bytes(const uint8_t* p) { return _mm512_loadu_si512(p); }
inline void load_bf16_pairs(const uint8_t* p, Floats& even, Floats& odd) {
  __m512i pairs = load_bytes(p);
  even = {_mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16))};
  odd = {_mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xffff0000))))};
}
inline __m512i broadcast_four(const uint8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return _mm512_set1_epi32(four);
}

inline void put_codes(const int8_t* codes, uint8_t* out) { __builtin_memcpy(out, codes, 4); }

template <int T> inline void dot_four(const uint8_t* w, const uint8_t* a, Ints* dots) {
  const __m512i mask = _mm512_set1_epi8(15);
  for (int m = 0; m < T; ++m) dots[m].v = _mm512_setzero_si512();
  for (int j = 0; j < 4; ++j) {
    __m512i bytes = load_bytes(w + 64 * j);
    __m512i low = _mm512_and_si512(bytes, mask), high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), mask);
    for (int m = 0; m < T; ++m) dots[m].v = _mm512_dpbusd_epi32(dots[m].v, low, broadcast_four(a + 4 * (j * T + m)));
    for (int m = 0; m < T; ++m)
      dots[m].v = _mm512_dpbusd_epi32(dots[m].v, high, broadcast_four(a + 4 * ((j + 4) * T + m)));
  }
}

template <int T> inline void dot_eight(const uint8_t* w, int chunks, const uint8_t* a, Ints* dots) {
  for (int m = 0; m < T; ++m) dots[m].v = _mm512_setzero_si512();
  for (int j = 0; j < chunks; ++j) {
    __m512i bytes = load_bytes(w + 64 * j);
    for (int m = 0; m < T; ++m)
      dots[m].v = _mm512_dpbusd_epi32(dots[m].v, bytes, broadcast_four(a + 4 * (j * T + m)));
  }
}
