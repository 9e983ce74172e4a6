// SPDX-License-Identifier: MIT
#pragma once

// A Device for the emulated kernels (simt.cuh): the memory is the processor's and begins as NaN, products are plain
// loops. With it CudaOps runs in the tests as it runs on a GPU, kernels and all.

#include <memory>

#include "backends/engine/cuda/device.h"

namespace proctor {

std::unique_ptr<cuda::Device> make_emulated_device();

} // namespace proctor
