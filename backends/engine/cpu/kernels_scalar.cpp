// SPDX-License-Identifier: MIT
// The kernels for scalar.
#include "backends/engine/cpu/kernels.h"

namespace proctor {
namespace {

#include "backends/engine/cpu/lanes_scalar.inl"

#include "backends/engine/cpu/pairs_fma.inl"

#include "backends/engine/cpu/kernels.inl"

bool supported() { return true; }

constexpr Kernels kTable = make_kernels("scalar", supported);

} // namespace

const Kernels& scalar_kernels() { return kTable; }

} // namespace proctor
