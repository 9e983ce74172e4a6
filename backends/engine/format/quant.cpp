// SPDX-License-Identifier: MIT
// Block layouts: ggml src/ggml-common.h; meaning: ggml src/ggml-quants.c, dequantize_row_*.
#include "backends/engine/format/quant.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "harness/check.h"

namespace proctor {
namespace {

constexpr int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

template <class T> T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

float load_half(const uint8_t* at) { return half_to_float(load<uint16_t>(at)); }

// Byte j holds value j in its low and value j + 16 in its high half.
void split_nibbles(const uint8_t* bytes, uint8_t* codes) {
  for (int j = 0; j < 16; ++j) {
    codes[j] = bytes[j] & 15;
    codes[j + 16] = static_cast<uint8_t>(bytes[j] >> 4);
  }
}

void add_fifth_bits(uint32_t bits, uint8_t* codes) {
  for (int j = 0; j < 32; ++j) codes[j] = static_cast<uint8_t>(codes[j] | ((bits >> j & 1) << 4));
}

void unpack_q4_0(const uint8_t* b, uint8_t* codes, float* scale) {
  *scale = load_half(b);
  split_nibbles(b + 2, codes);
}

void unpack_q4_1(const uint8_t* b, uint8_t* codes, float* scale, float* min) {
  *scale = load_half(b);
  *min = load_half(b + 2);
  split_nibbles(b + 4, codes);
}

void unpack_q5_0(const uint8_t* b, uint8_t* codes, float* scale) {
  *scale = load_half(b);
  split_nibbles(b + 6, codes);
  add_fifth_bits(load<uint32_t>(b + 2), codes);
}

void unpack_q5_1(const uint8_t* b, uint8_t* codes, float* scale, float* min) {
  *scale = load_half(b);
  *min = load_half(b + 2);
  split_nibbles(b + 8, codes);
  add_fifth_bits(load<uint32_t>(b + 4), codes);
}

void unpack_q8_0(const uint8_t* b, uint8_t* codes, float* scale) {
  *scale = load_half(b);
  for (int j = 0; j < 32; ++j) codes[j] = b[2 + j] ^ 0x80;
}

void unpack_iq4_nl(const uint8_t* b, uint8_t* codes, float* scale) {
  unpack_q4_0(b, codes, scale);
  for (int j = 0; j < 32; ++j) codes[j] = static_cast<uint8_t>(kIq4Values[codes[j]] + 128);
}

// The 6-bit scale and min of sub-block j, packed in 12 bytes (get_scale_min_k4).
struct ScaleMin {
  int scale, min;
};
ScaleMin scale_min(const uint8_t* packed, int j) {
  if (j < 4) return {packed[j] & 63, packed[j + 4] & 63};
  return {(packed[j + 4] & 15) | (packed[j - 4] >> 6 << 4), (packed[j + 4] >> 4) | (packed[j] >> 6 << 4)};
}

void unpack_k_scales(const uint8_t* b, float* scales, float* mins) {
  float d = load_half(b), dmin = load_half(b + 2);
  for (int j = 0; j < 8; ++j) {
    ScaleMin sm = scale_min(b + 4, j);
    scales[j] = d * static_cast<float>(sm.scale);
    mins[j] = -dmin * static_cast<float>(sm.min);
  }
}

// Sub-blocks 2i and 2i + 1 are the low and the high halves of the same 32 bytes.
void unpack_q4_k(const uint8_t* b, uint8_t* codes, float* scales, float* mins) {
  unpack_k_scales(b, scales, mins);
  for (int pair = 0; pair < 4; ++pair)
    for (int j = 0; j < 32; ++j) {
      uint8_t byte = b[16 + pair * 32 + j];
      codes[pair * 64 + j] = byte & 15;
      codes[pair * 64 + 32 + j] = static_cast<uint8_t>(byte >> 4);
    }
}

void unpack_q5_k(const uint8_t* b, uint8_t* codes, float* scales, float* mins) {
  unpack_k_scales(b, scales, mins);
  const uint8_t *high = b + 16, *low = b + 48;
  for (int pair = 0; pair < 4; ++pair)
    for (int j = 0; j < 32; ++j) {
      uint8_t byte = low[pair * 32 + j];
      codes[pair * 64 + j] = static_cast<uint8_t>((byte & 15) | (high[j] >> (2 * pair) & 1) << 4);
      codes[pair * 64 + 32 + j] = static_cast<uint8_t>((byte >> 4) | (high[j] >> (2 * pair + 1) & 1) << 4);
    }
}

void unpack_q6_k(const uint8_t* b, uint8_t* codes, float* scales) {
  const uint8_t *low = b, *high = b + 128, *sub = b + 192;
  float d = load_half(b + 208);
  for (int j = 0; j < 16; ++j) scales[j] = d * static_cast<float>(static_cast<int8_t>(sub[j]));
  for (int half = 0; half < 2; ++half, low += 64, high += 32, codes += 128)
    for (int j = 0; j < 32; ++j) {
      codes[j] = static_cast<uint8_t>((low[j] & 15) | (high[j] & 3) << 4);
      codes[j + 32] = static_cast<uint8_t>((low[j + 32] & 15) | (high[j] >> 2 & 3) << 4);
      codes[j + 64] = static_cast<uint8_t>((low[j] >> 4) | (high[j] >> 4 & 3) << 4);
      codes[j + 96] = static_cast<uint8_t>((low[j + 32] >> 4) | (high[j] >> 6) << 4);
    }
}

void unpack_block(DType type, const uint8_t* b, uint8_t* codes, float* scales, float* mins) {
  switch (type) {
  case DType::q4_0: return unpack_q4_0(b, codes, scales);
  case DType::q4_1: return unpack_q4_1(b, codes, scales, mins);
  case DType::q5_0: return unpack_q5_0(b, codes, scales);
  case DType::q5_1: return unpack_q5_1(b, codes, scales, mins);
  case DType::q8_0: return unpack_q8_0(b, codes, scales);
  case DType::iq4_nl: return unpack_iq4_nl(b, codes, scales);
  case DType::q4_k: return unpack_q4_k(b, codes, scales, mins);
  case DType::q5_k: return unpack_q5_k(b, codes, scales, mins);
  case DType::q6_k: return unpack_q6_k(b, codes, scales);
  default: PROCTOR_CHECK(is_quantised(type));
  }
}

void dequantise_blocks(DType type, const uint8_t* row, int64_t cols, float* out) {
  const DTypeInfo& type_info = info(type);
  uint8_t codes[256];
  float scales[16], mins[16] = {};
  for (int64_t at = 0; at < cols; at += type_info.block, row += type_info.block_bytes) {
    unpack_block(type, row, codes, scales, mins);
    for (int j = 0; j < type_info.block; ++j) {
      int group = j / type_info.group;
      out[at + j] = scales[group] * static_cast<float>(codes[j] - type_info.zero) + mins[group];
    }
  }
}

void store_half(uint8_t* at, float value) {
  uint16_t bits = float_to_half(value);
  std::memcpy(at, &bits, sizeof bits);
}

// Codes of 32 values in [0, top], and the bytes that hold their low four bits.
struct Coded {
  uint8_t codes[32];
  void put_nibbles(uint8_t* bytes) const {
    for (int j = 0; j < 16; ++j) bytes[j] = static_cast<uint8_t>((codes[j] & 15) | (codes[j + 16] & 15) << 4);
  }
  uint32_t fifth_bits() const {
    uint32_t bits = 0;
    for (int j = 0; j < 32; ++j) bits |= static_cast<uint32_t>(codes[j] >> 4 & 1) << j;
    return bits;
  }
};

Coded code_block(const float* values, float scale, float min, int zero, int top) {
  Coded coded;
  float inverse = scale == 0 ? 0 : 1 / scale;
  for (int j = 0; j < 32; ++j) {
    float code = std::nearbyint((values[j] - min) * inverse) + static_cast<float>(zero);
    coded.codes[j] = static_cast<uint8_t>(std::clamp(code, 0.0f, static_cast<float>(top)));
  }
  return coded;
}

void quantise_block(DType type, const float* values, uint8_t* b) {
  auto [low, high] = std::minmax_element(values, values + 32);
  float largest = std::max(std::abs(*low), std::abs(*high));
  bool five = type == DType::q5_0 || type == DType::q5_1;
  int top = type == DType::q8_0 ? 255 : five ? 31 : 15;
  const DTypeInfo& type_info = info(type);
  float scale =
      type_info.has_min ? (*high - *low) / static_cast<float>(top) : largest / static_cast<float>((top - 1) / 2);
  float min = type_info.has_min ? half_to_float(float_to_half(*low)) : 0;
  scale = half_to_float(float_to_half(scale));
  Coded coded = code_block(values, scale, min, type_info.zero, top);
  store_half(b, scale);
  if (type_info.has_min) store_half(b + 2, min);
  b += type_info.has_min ? 4 : 2;
  if (type == DType::q8_0) {
    for (int j = 0; j < 32; ++j) b[j] = coded.codes[j] ^ 0x80;
    return;
  }
  uint32_t fifth = coded.fifth_bits();
  if (five) std::memcpy(b, &fifth, sizeof fifth);
  coded.put_nibbles(five ? b + 4 : b);
}

} // namespace

float half_to_float(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  uint32_t magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) return __builtin_bit_cast(float, sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  // Scaling by 2^112 gives subnormal halves their value without a branch.
  float value = __builtin_bit_cast(float, magnitude << 13) * 0x1p112f;
  return __builtin_bit_cast(float, __builtin_bit_cast(uint32_t, value) | sign);
}

uint16_t float_to_half(float value) {
  uint32_t bits = __builtin_bit_cast(uint32_t, value);
  auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x38800000) { // subnormal half: adding 0.5 rounds at the right bit
    float shifted = __builtin_bit_cast(float, magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (__builtin_bit_cast(uint32_t, shifted) - 0x3f000000));
  }
  magnitude += 0xc8000fff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | magnitude >> 13);
}

void unpack_row(DType type, const uint8_t* row, int64_t cols, uint8_t* codes, float* scales, float* mins) {
  const DTypeInfo& type_info = info(type);
  const int groups = type_info.block / type_info.group;
  for (int64_t at = 0; at < cols; at += type_info.block) {
    unpack_block(type, row, codes, scales, mins);
    row += type_info.block_bytes;
    codes += type_info.block;
    scales += groups;
    mins += groups;
  }
}

void dequantise_row(DType type, const uint8_t* row, int64_t cols, float* out) {
  if (type == DType::f32)
    std::memcpy(out, row, static_cast<size_t>(cols) * sizeof(float));
  else if (type == DType::f16)
    for (int64_t i = 0; i < cols; ++i) out[i] = load_half(row + 2 * i);
  else if (type == DType::bf16)
    for (int64_t i = 0; i < cols; ++i) out[i] = bf16_to_float(load<uint16_t>(row + 2 * i));
  else
    dequantise_blocks(type, row, cols, out);
}

void quantise_row(DType type, const float* values, int64_t cols, uint8_t* row) {
  const DTypeInfo& type_info = info(type);
  if (type == DType::f32) {
    std::memcpy(row, values, static_cast<size_t>(cols) * sizeof(float));
    return;
  }
  if (!is_quantised(type)) {
    for (int64_t i = 0; i < cols; ++i) {
      uint16_t bits = type == DType::f16 ? float_to_half(values[i]) : float_to_bf16(values[i]);
      std::memcpy(row + 2 * i, &bits, sizeof bits);
    }
    return;
  }
  PROCTOR_CHECK(type_info.block == 32 && type != DType::iq4_nl);
  for (int64_t at = 0; at < cols; at += 32, row += type_info.block_bytes) quantise_block(type, values + at, row);
}

} // namespace proctor
