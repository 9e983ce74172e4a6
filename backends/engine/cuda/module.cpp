// SPDX-License-Identifier: MIT
// Compiled into libproctor_cuda.so only.
#include "backends/engine/cuda/module.h"

#include "backends/engine/cuda/nvidia_device.h"

namespace proctor::cuda {
namespace {

Result<std::unique_ptr<Ops>> make(const ModelConfig& config, const Rope& rope, const CudaOptions& options) {
  auto device = open_nvidia_device();
  if (!device) return device.error();
  try {
    return make_ops(config, rope, std::move(*device), options);
  } catch (const DeviceError& error) {
    return infrastructure_error(error.what());
  }
}

constexpr Module kModule{kModuleVersion, make};

} // namespace
} // namespace proctor::cuda

extern "C" __attribute__((visibility("default"))) const proctor::cuda::Module* proctor_cuda_module(int version) {
  return version == proctor::cuda::kModuleVersion ? &proctor::cuda::kModule : nullptr;
}
