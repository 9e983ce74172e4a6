// SPDX-License-Identifier: MIT
#pragma once

// A Device for the emulated kernels (simt.cuh): the memory is the processor's and begins as NaN, products are plain
// loops. With it CudaOps runs in the tests as it runs on a GPU, kernels and all.

#include <memory>

#include "backends/engine/cuda/device.h"

namespace proctor {

// What was asked of an emulated device.
struct EmulatedCounts {
  size_t bytes = 0; // of all allocations
  int allocations = 0, launches = 0, products = 0; // launches and products that were done, also by graphs
  int captures = 0, graph_launches = 0;
};

// counts: null, or outlives the device. late: work is done when its result is waited for, and no more of it than that
// takes; else at once. A GPU is somewhere between. The device ends the test where it is asked, while it captures, for what
// a GPU could not capture.
std::unique_ptr<cuda::Device> make_emulated_device(EmulatedCounts* counts = nullptr, bool late = false);

} // namespace proctor
