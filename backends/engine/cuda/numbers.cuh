// SPDX-License-Identifier: MIT
#pragma once

// Arithmetic that several kernels share. Products are fused only where it says fmaf (nvcc runs with --fmad=false), so
// the emulator and the device round alike.

#include <math.h>

#include "backends/engine/cuda/kernels.h"
#include "simt.cuh"

namespace proctor::cuda {

template <class T> constexpr T lesser(T a, T b) { return b < a ? b : a; } // here and there: std::min is of the host

// The CPU's exponential (cpu/kernels.inl), bit for bit.
__device__ inline float exponential(float x) {
  x = fminf(fmaxf(x, -87.33654f), 88.02969f);
  const float whole = rintf(x * 1.44269504088896341f);
  float r = fmaf(whole, -0.693359375f, x);
  r = fmaf(whole, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  p = fmaf(p, r, 1.3981999507e-3f);
  p = fmaf(p, r, 8.3334519073e-3f);
  p = fmaf(p, r, 4.1665795894e-2f);
  p = fmaf(p, r, 1.6666665459e-1f);
  p = fmaf(p, r, 5.0000001201e-1f);
  p = fmaf(r * r, p, r) + 1.0f;
  return p * simt::as_float(static_cast<uint32_t>(static_cast<int32_t>(whole) + 127) << 23);
}

// The same value in every lane: a sum in a tree that is the same for each.
template <class T> __device__ inline T warp_sum(T value) {
  for (int mask = simt::kWarp / 2; mask > 0; mask /= 2) value += simt::shuffle_xor(value, mask);
  return value;
}

__device__ inline float warp_max(float value) {
  for (int mask = simt::kWarp / 2; mask > 0; mask /= 2) value = fmaxf(value, simt::shuffle_xor(value, mask));
  return value;
}

__device__ inline uint32_t pack_bf16(float low, float high) {
  return static_cast<uint32_t>(simt::to_bf16(low)) | static_cast<uint32_t>(simt::to_bf16(high)) << 16;
}

// Where value d of position `offset` of a page lies within its keys or values, in values.
__device__ inline int in_page(const KvView& kv, int offset, int d) {
  const int piece = kv.swizzled ? (d / 8) ^ (offset & 7) : d / 8;
  return offset * kv.head_dim + (kv.swizzled ? piece * 8 + d % 8 : d);
}

__device__ inline uint8_t* head_of(const KvView& kv, int32_t page, int head) {
  return kv.pages + static_cast<size_t>(page) * kv.page_bytes + static_cast<size_t>(head) * kv.head_bytes;
}

// Of e4m3 pages: the scales of the keys; those of the values follow.
__device__ inline float* scales_of(const KvView& kv, uint8_t* head) {
  return reinterpret_cast<float*>(head + 2 * kv.rows_bytes);
}

} // namespace proctor::cuda
