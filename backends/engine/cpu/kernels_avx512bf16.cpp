// SPDX-License-Identifier: MIT
// The kernels for avx512 with its BF16 part.
#include "backends/engine/cpu/kernels.h"
#include <immintrin.h>

namespace proctor {
namespace {

#include "backends/engine/cpu/lanes_avx512.inl"

#include "backends/engine/cpu/pairs_vdpbf16.inl"

#include "backends/engine/cpu/kernels.inl"

bool supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
}

constexpr Kernels kTable = make_kernels("avx512bf16", supported);

} // namespace

const Kernels& avx512bf16_kernels() { return kTable; }

} // namespace proctor
