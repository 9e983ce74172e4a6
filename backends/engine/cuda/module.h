// SPDX-License-Identifier: MIT
#pragma once

// libproctor_cuda.so as the program sees it: one exported C function. The module is built with the program and lies
// beside it; it is loaded only where a GPU is asked for, so that the program starts at once and runs on machines that
// have neither toolkit nor driver.

#include <filesystem>
#include <memory>

#include "backends/engine/cuda/cuda_ops.h"

namespace proctor::cuda {

struct Module {
  int version = 0;
  // On failure: an infrastructure error that says whether the driver, a device or cuBLASLt is missing, or a usage error
  // for a model that does not run there.
  Result<std::unique_ptr<Ops>> (*make)(const ModelConfig& config, const Rope& rope, const CudaOptions& options) = nullptr;
};

inline constexpr int kModuleVersion = 3; // of this header and all that it includes
inline constexpr const char* kModuleFunction = "proctor_cuda_module";
using ModuleFunction = const Module* (*)(int version); // null: another version

std::filesystem::path module_path(); // beside the program; it may be missing

// Loads the module and opens the device. The errors are the module's, or say that the module itself is missing.
Result<std::unique_ptr<Ops>> load_ops(const ModelConfig& config, const Rope& rope, const CudaOptions& options);

} // namespace proctor::cuda
