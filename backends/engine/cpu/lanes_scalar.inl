// SPDX-License-Identifier: MIT
// Sixteen lanes in plain C++: what every other lanes file must compute, to the bit.

struct Floats {
  float v[16];
};
struct Ints {
  int32_t v[16];
};

constexpr int kTile = 4;      // activations that are multiplied at once: 4 or 8
constexpr int kCodeWidth = 1; // bytes of an activation's code

template <class Fn> inline Floats each(Fn fn) {
  Floats r;
  for (int i = 0; i < 16; ++i) r.v[i] = fn(i);
  return r;
}
template <class Fn> inline Ints each_int(Fn fn) {
  Ints r;
  for (int i = 0; i < 16; ++i) r.v[i] = fn(i);
  return r;
}

inline Floats load(const float* p) {
  return each([=](int i) { return p[i]; });
}
inline void store(float* p, const Floats& a) {
  for (int i = 0; i < 16; ++i) p[i] = a.v[i];
}
inline Floats set(float x) {
  return each([=](int) { return x; });
}
inline Floats add(const Floats& a, const Floats& b) {
  return each([&](int i) { return a.v[i] + b.v[i]; });
}
inline Floats sub(const Floats& a, const Floats& b) {
  return each([&](int i) { return a.v[i] - b.v[i]; });
}
inline Floats mul(const Floats& a, const Floats& b) {
  return each([&](int i) { return a.v[i] * b.v[i]; });
}
inline Floats div(const Floats& a, const Floats& b) {
  return each([&](int i) { return a.v[i] / b.v[i]; });
}
// As processors have it: the second operand where one is NaN.
inline Floats max(const Floats& a, const Floats& b) {
  return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
}
inline Floats min(const Floats& a, const Floats& b) {
  return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
}
inline Floats fma(const Floats& a, const Floats& b, const Floats& c) {
  return each([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
}
inline Floats absolute(const Floats& a) {
  return each([&](int i) { return __builtin_fabsf(a.v[i]); });
}
inline Floats to_floats(const Ints& a) {
  return each([&](int i) { return static_cast<float>(a.v[i]); });
}
inline Ints round_to_ints(const Floats& a) {
  return each_int([&](int i) { return static_cast<int32_t>(__builtin_lrintf(a.v[i])); });
}
inline Ints set_int(int32_t x) {
  return each_int([=](int) { return x; });
}
inline Ints load_ints(const int32_t* p) {
  return each_int([=](int i) { return p[i]; });
}
inline void store_ints(int32_t* p, const Ints& a) {
  for (int i = 0; i < 16; ++i) p[i] = a.v[i];
}
inline Ints bit_xor(const Ints& a, const Ints& b) {
  return each_int([&](int i) { return a.v[i] ^ b.v[i]; });
}
// The low and the high halves of the products of unsigned numbers.
inline Ints wide_product(const Ints& a, uint32_t b, Ints& high) {
  Ints low;
  for (int i = 0; i < 16; ++i) {
    uint64_t product = uint64_t{static_cast<uint32_t>(a.v[i])} * b;
    low.v[i] = static_cast<int32_t>(product);
    high.v[i] = static_cast<int32_t>(product >> 32);
  }
  return low;
}
// a - b * 2^kShift
template <int kShift> inline Ints subtract_shifted(const Ints& a, const Ints& b) {
  return each_int([&](int i) { return a.v[i] - b.v[i] * (1 << kShift); });
}
// a * 2^n, by the exponent bits
inline Floats scale_by_power(const Floats& a, const Ints& n) {
  return each([&](int i) {
    auto bits = __builtin_bit_cast(uint32_t, a.v[i]) + (static_cast<uint32_t>(n.v[i]) << 23);
    return __builtin_bit_cast(float, bits);
  });
}
inline void store_bytes(int8_t* p, const Ints& a) {
  for (int i = 0; i < 16; ++i) p[i] = static_cast<int8_t>(a.v[i] < -128 ? -128 : a.v[i] > 127 ? 127 : a.v[i]);
}
inline float bf16_value(uint16_t bits) { return __builtin_bit_cast(float, static_cast<uint32_t>(bits) << 16); }
inline Floats load_bf16(const uint16_t* p) {
  return each([=](int i) { return bf16_value(p[i]); });
}
inline float half_value(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) return __builtin_bit_cast(float, sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  float value = __builtin_bit_cast(float, magnitude << 13) * 0x1p112f;
  return __builtin_bit_cast(float, __builtin_bit_cast(uint32_t, value) | sign);
}
inline Floats load_half(const uint8_t* p) {
  return each([=](int i) {
    uint16_t bits;
    __builtin_memcpy(&bits, p + 2 * i, 2);
    return half_value(bits);
  });
}
// [16 lanes][2] of bf16: lane i's two values
inline void load_bf16_pairs(const uint8_t* p, Floats& even, Floats& odd) {
  for (int i = 0; i < 16; ++i) {
    uint16_t pair[2];
    __builtin_memcpy(pair, p + 4 * i, 4);
    even.v[i] = bf16_value(pair[0]);
    odd.v[i] = bf16_value(pair[1]);
  }
}

// In one fixed tree, whatever the register size.
inline float sum_lanes(const Floats& a) {
  Floats s = a;
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) s.v[i] += s.v[i + width];
  return s.v[0];
}
inline float max_lanes(const Floats& a) {
  Floats s = a;
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) s.v[i] = s.v[i] > s.v[i + width] ? s.v[i] : s.v[i + width];
  return s.v[0];
}
// Of all 32 absolute values; above all numbers stand infinity and NaN, as their bits do.
inline float largest_magnitude(const Floats& a, const Floats& b) {
  int32_t largest = 0;
  for (int i = 0; i < 32; ++i) {
    const auto bits = __builtin_bit_cast(int32_t, __builtin_fabsf(i < 16 ? a.v[i] : b.v[i - 16]));
    largest = largest > bits ? largest : bits;
  }
  return __builtin_bit_cast(float, largest);
}
// Of 16.
inline int32_t sum_codes(const int8_t* codes) {
  int32_t sum = 0;
  for (int i = 0; i < 16; ++i) sum += codes[i];
  return sum;
}

// Four codes of one activation in the order in which dot_four and dot_eight read them: [chunk of 4][T
// activations][4].
inline void put_codes(const int8_t* codes, uint8_t* out) { __builtin_memcpy(out, codes, 4); }

// dots[m] = sum over a block of 32 of code * a
template <int T> inline void dot_four(const uint8_t* w, const uint8_t* activations, Ints* dots) {
  const auto* a = reinterpret_cast<const int8_t*>(activations);
  for (int m = 0; m < T; ++m) dots[m] = set_int(0);
  for (int j = 0; j < 4; ++j)
    for (int i = 0; i < 16; ++i)
      for (int k = 0; k < 4; ++k) {
        int byte = w[64 * j + 4 * i + k];
        for (int m = 0; m < T; ++m)
          dots[m].v[i] += (byte & 15) * a[4 * (j * T + m) + k] + (byte >> 4) * a[4 * ((j + 4) * T + m) + k];
      }
}

// The same over `chunks` times 4 values of 8-bit codes.
template <int T> inline void dot_eight(const uint8_t* w, int chunks, const uint8_t* activations, Ints* dots) {
  const auto* a = reinterpret_cast<const int8_t*>(activations);
  for (int m = 0; m < T; ++m) dots[m] = set_int(0);
  for (int j = 0; j < chunks; ++j)
    for (int i = 0; i < 16; ++i)
      for (int k = 0; k < 4; ++k) {
        int byte = w[64 * j + 4 * i + k];
        for (int m = 0; m < T; ++m) dots[m].v[i] += byte * a[4 * (j * T + m) + k];
      }
}
