// SPDX-License-Identifier: MIT
// The kernels for avx2.
#include "backends/engine/cpu/kernels.h"
#include <immintrin.h>

namespace proctor {
namespace {

#include "backends/engine/cpu/lanes_avx2.inl"

#include "backends/engine/cpu/pairs_fma.inl"

#include "backends/engine/cpu/kernels.inl"

bool supported() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

constexpr Kernels kTable = make_kernels("avx2", supported);

} // namespace

const Kernels& avx2_kernels() { return kTable; }

} // namespace proctor
