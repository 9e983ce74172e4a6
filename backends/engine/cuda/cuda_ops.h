// SPDX-License-Identifier: MIT
#pragma once

// The device verbs on a GPU: BF16 weights (whatever the file's type), F32 sums and residuals, BF16 or e4m3 pages.
// Knows kernels.h and device.h, and nothing else of CUDA.

#include <memory>

#include "backends/engine/cuda/device.h"
#include "backends/engine/cuda/kernels.h"
#include "backends/engine/model/ops.h"

namespace proctor::cuda {

struct CudaOptions {
  KvType kv = KvType::bf16;
  int64_t max_rows = 512;    // of a step, for the memory that is kept free
  int64_t max_running = 256; // of these, rows that draw a token
  int threads = 1;           // that unpack weights
  bool graphs = true;        // decode steps are captured once for each bucket of rows (step_arrays.h) and launched again
  bool runs_ahead = true;    // Ops::runs_ahead
};

// On failure: a usage error for a model that the kernels cannot run. The verbs throw DeviceError.
Result<std::unique_ptr<Ops>> make_ops(const ModelConfig& config, const Rope& rope, std::unique_ptr<Device> device,
                                      const CudaOptions& options);

} // namespace proctor::cuda
