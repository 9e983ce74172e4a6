// SPDX-License-Identifier: MIT
#pragma once

// A real GPU: the CUDA runtime and cuBLASLt.

#include <memory>

#include "backends/engine/cuda/device.h"
#include "harness/result.h"

namespace proctor::cuda {

// Device 0 (CUDA_VISIBLE_DEVICES says which that is). On failure: an infrastructure error that says what is missing:
// the driver, a device, or cuBLASLt.
Result<std::unique_ptr<Device>> open_nvidia_device();

} // namespace proctor::cuda
