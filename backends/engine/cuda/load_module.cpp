// SPDX-License-Identifier: MIT
#include "backends/engine/cuda/module.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace proctor::cuda {

std::filesystem::path module_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "libproctor_cuda.so";
}

Result<std::unique_ptr<Ops>> load_ops(const ModelConfig& config, const Rope& rope, const CudaOptions& options) {
  std::error_code error;
  const auto path = module_path();
  if (!std::filesystem::exists(path, error))
    return infrastructure_error(fmt::format("no CUDA module: {} is not there; build with nvcc 13 (cmake -DPROCTOR_CUDA=ON), "
                                            "or use --device cpu", path.string()));
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == nullptr) // before anything large is loaded
    return infrastructure_error(fmt::format("no NVIDIA driver: {}; install it, or use --device cpu", dlerror()));
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); // for good: what it makes has its code there
  if (module == nullptr) return infrastructure_error(fmt::format("the CUDA module does not load: {}", dlerror()));
  auto function = reinterpret_cast<ModuleFunction>(dlsym(module, kModuleFunction));
  const Module* found = function == nullptr ? nullptr : function(kModuleVersion);
  if (found == nullptr)
    return infrastructure_error(fmt::format("{} is of another version of proctor; build both together", path.string()));
  return found->make(config, rope, options);
}

} // namespace proctor::cuda
