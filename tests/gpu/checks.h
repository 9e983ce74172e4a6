// SPDX-License-Identifier: MIT
#pragma once

#include "backends/engine/cuda/cuda_ops.h"
#include "tests/gpu/report.h"

namespace proctor {

// Both throw cuda::DeviceError where the device fails.

// Kernels, whole models, goldens and determinism. small: only what a memory checker gets through in a minute.
// goldens: a folder with models/stories260K; empty: those are left out.
void check_correctness(GpuReport& report, const std::string& goldens, bool small);

// Bandwidth, products, attention, decoding with random weights.
void measure_speed(GpuReport& report);

// CudaOps on the real device.
std::unique_ptr<Ops> gpu_ops(const ModelWeights& weights, cuda::CudaOptions options);

} // namespace proctor
