// SPDX-License-Identifier: MIT
// The kernels for avx512.
#include "backends/engine/cpu/kernels.h"
#include <immintrin.h>

namespace proctor {
namespace {

#include "backends/engine/cpu/lanes_avx512.inl"

#include "backends/engine/cpu/pairs_fma.inl"

#include "backends/engine/cpu/kernels.inl"

bool supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

constexpr Kernels kTable = make_kernels("avx512", supported);

} // namespace

const Kernels& avx512_kernels() { return kTable; }

} // namespace proctor
