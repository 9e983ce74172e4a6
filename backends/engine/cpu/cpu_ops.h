// SPDX-License-Identifier: MIT
#pragma once

// The device verbs on the processor. Results do not depend on the number of threads: work is split by output rows,
// and no sum is ever shared between threads.

#include <memory>

#include "backends/engine/cpu/kernels.h"
#include "backends/engine/model/ops.h"

namespace proctor {

struct CpuOptions {
  int threads = 1;
  bool bf16_pages = true;           // keys and values as BF16; false: F32
  const Kernels* kernels = nullptr; // null: the best of this processor
};

std::unique_ptr<Ops> make_cpu_ops(const ModelConfig& config, const Rope& rope, CpuOptions options);

} // namespace proctor
