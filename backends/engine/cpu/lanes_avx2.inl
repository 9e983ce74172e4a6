// SPDX-License-Identifier: MIT
// Sixteen lanes as two AVX2 registers.

struct Floats {
  __m256 lo, hi;
};
struct Ints {
  __m256i lo, hi;
};

constexpr int kTile = 4;
constexpr int kCodeWidth = 3; // each four as bytes for dot_four and as words for dot_eight

inline Floats load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline void store(float* p, const Floats& a) {
  _mm256_storeu_ps(p, a.lo);
  _mm256_storeu_ps(p + 8, a.hi);
}
inline Floats set(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline Floats add(const Floats& a, const Floats& b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
inline Floats sub(const Floats& a, const Floats& b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
inline Floats mul(const Floats& a, const Floats& b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
inline Floats div(const Floats& a, const Floats& b) { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
inline Floats max(const Floats& a, const Floats& b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
inline Floats min(const Floats& a, const Floats& b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
inline Floats fma(const Floats& a, const Floats& b, const Floats& c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
inline Floats absolute(const Floats& a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, a.lo), _mm256_andnot_ps(sign, a.hi)};
}
inline Floats to_floats(const Ints& a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }
inline Ints round_to_ints(const Floats& a) { return {_mm256_cvtps_epi32(a.lo), _mm256_cvtps_epi32(a.hi)}; }
inline Ints set_int(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
inline Ints load_ints(const int32_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 8))};
}
inline void store_ints(int32_t* p, const Ints& a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.lo);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), a.hi);
}
inline Ints bit_xor(const Ints& a, const Ints& b) {
  return {_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)};
}
inline __m256i wide_product_of_eight(__m256i a, __m256i b, __m256i& high) {
  __m256i even = _mm256_mul_epu32(a, b), odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), b);
  high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
  return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}
inline Ints wide_product(const Ints& a, uint32_t b, Ints& high) {
  const __m256i factor = _mm256_set1_epi32(static_cast<int32_t>(b));
  return {wide_product_of_eight(a.lo, factor, high.lo), wide_product_of_eight(a.hi, factor, high.hi)};
}
template <int kShift> inline Ints subtract_shifted(const Ints& a, const Ints& b) {
  return {_mm256_sub_epi32(a.lo, _mm256_slli_epi32(b.lo, kShift)),
          _mm256_sub_epi32(a.hi, _mm256_slli_epi32(b.hi, kShift))};
}
inline Floats scale_by_power(const Floats& a, const Ints& n) {
  return {_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.lo), _mm256_slli_epi32(n.lo, 23))),
          _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.hi), _mm256_slli_epi32(n.hi, 23)))};
}
inline void store_bytes(int8_t* p, const Ints& a) {
  __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a.lo, a.hi), 0xd8);
  __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
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
inline float sum_lanes(const Floats& a) { return sum_eight(_mm256_add_ps(a.lo, a.hi)); }
inline float max_lanes(const Floats& a) { return max_eight(_mm256_max_ps(a.lo, a.hi)); }
inline float largest_magnitude(const Floats& a, const Floats& b) {
  const Floats x = absolute(a), y = absolute(b);
  __m256i lo = _mm256_max_epi32(_mm256_castps_si256(x.lo), _mm256_castps_si256(y.lo));
  __m256i hi = _mm256_max_epi32(_mm256_castps_si256(x.hi), _mm256_castps_si256(y.hi));
  return largest_of_eight(_mm256_max_epi32(lo, hi));
}
inline int32_t sum_codes(const int8_t* codes) {
  __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  __m128i words = _mm_maddubs_epi16(_mm_set1_epi8(1), bytes); // at most 2 * 128 each
  __m128i four = _mm_madd_epi16(words, _mm_set1_epi16(1));
  __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1);
}
inline __m256 widen_bf16(const uint16_t* p) {
  __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
inline Floats load_bf16(const uint16_t* p) { return {widen_bf16(p), widen_bf16(p + 8)}; }
inline Floats load_half(const uint8_t* p) {
  return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
          _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16)))};
}
inline __m256i load_bytes(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
inline void load_bf16_pairs(const uint8_t* p, Floats& even, Floats& odd) {
  const __m256i high = _mm256_set1_epi32(static_cast<int>(0xffff0000));
  __m256i lo = load_bytes(p), hi = load_bytes(p + 32);
  even = {_mm256_castsi256_ps(_mm256_slli_epi32(lo, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(hi, 16))};
  odd = {_mm256_castsi256_ps(_mm256_and_si256(lo, high)), _mm256_castsi256_ps(_mm256_and_si256(hi, high))};
}
inline __m256i broadcast_four(const uint8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return _mm256_set1_epi32(four);
}

// Four bytes; then as words the even two and the odd two.
inline void put_codes(const int8_t* codes, uint8_t* out) {
  const int16_t words[4] = {codes[0], codes[2], codes[1], codes[3]};
  __builtin_memcpy(out, codes, 4);
  __builtin_memcpy(out + 4, words, 8);
}

// Eight products of at most 15 * 127 * 2 stay within 16 bits, so they are widened once a block.
template <int T> inline void dot_four(const uint8_t* w, const uint8_t* a, Ints* dots) {
  const __m256i mask = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  __m256i lo[T], hi[T];
  for (int m = 0; m < T; ++m) lo[m] = hi[m] = _mm256_setzero_si256();
  for (int j = 0; j < 4; ++j) {
    __m256i bytes0 = load_bytes(w + 64 * j), bytes1 = load_bytes(w + 64 * j + 32);
    __m256i low0 = _mm256_and_si256(bytes0, mask), low1 = _mm256_and_si256(bytes1, mask);
    for (int m = 0; m < T; ++m) {
      __m256i four = broadcast_four(a + 12 * (j * T + m));
      lo[m] = _mm256_add_epi16(lo[m], _mm256_maddubs_epi16(low0, four));
      hi[m] = _mm256_add_epi16(hi[m], _mm256_maddubs_epi16(low1, four));
    }
    __m256i high0 = _mm256_and_si256(_mm256_srli_epi16(bytes0, 4), mask);
    __m256i high1 = _mm256_and_si256(_mm256_srli_epi16(bytes1, 4), mask);
    for (int m = 0; m < T; ++m) {
      __m256i four = broadcast_four(a + 12 * ((j + 4) * T + m));
      lo[m] = _mm256_add_epi16(lo[m], _mm256_maddubs_epi16(high0, four));
      hi[m] = _mm256_add_epi16(hi[m], _mm256_maddubs_epi16(high1, four));
    }
  }
  for (int m = 0; m < T; ++m) dots[m] = {_mm256_madd_epi16(lo[m], ones), _mm256_madd_epi16(hi[m], ones)};
}

// Bytes as pairs of words, for products that do not saturate: 255 * 127 * 2 would not fit into 16 bits.
template <int T> inline void dot_eight(const uint8_t* w, int chunks, const uint8_t* a, Ints* dots) {
  const __m256i low_byte = _mm256_set1_epi16(255);
  for (int m = 0; m < T; ++m) dots[m] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
#pragma GCC unroll 8
  for (int j = 0; j < chunks; ++j) {
    __m256i bytes0 = load_bytes(w + 64 * j), bytes1 = load_bytes(w + 64 * j + 32);
    __m256i even0 = _mm256_and_si256(bytes0, low_byte), even1 = _mm256_and_si256(bytes1, low_byte);
    for (int m = 0; m < T; ++m) {
      __m256i pair = broadcast_four(a + 12 * (j * T + m) + 4);
      dots[m].lo = _mm256_add_epi32(dots[m].lo, _mm256_madd_epi16(even0, pair));
      dots[m].hi = _mm256_add_epi32(dots[m].hi, _mm256_madd_epi16(even1, pair));
    }
    __m256i odd0 = _mm256_srli_epi16(bytes0, 8), odd1 = _mm256_srli_epi16(bytes1, 8);
    for (int m = 0; m < T; ++m) {
      __m256i pair = broadcast_four(a + 12 * (j * T + m) + 8);
      dots[m].lo = _mm256_add_epi32(dots[m].lo, _mm256_madd_epi16(odd0, pair));
      dots[m].hi = _mm256_add_epi32(dots[m].hi, _mm256_madd_epi16(odd1, pair));
    }
  }
}
