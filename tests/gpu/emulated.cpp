// SPDX-License-Identifier: MIT
// gpu_check's checks of correctness on the emulator: so that the ten minutes on a GPU are not spent on its own bugs.
#include <cstdio>

#include "backends/engine/cuda/nvidia_device.h"
#include "tests/backends/engine/cuda/emulated_device.h"
#include "tests/gpu/checks.h"

namespace proctor::cuda {

Result<std::unique_ptr<Device>> open_nvidia_device() { return make_emulated_device(); }

} // namespace proctor::cuda

int main(int argc, char** argv) {
  proctor::GpuReport report;
  proctor::check_correctness(report, argc > 1 ? argv[1] : "", true);
  return report.all_passed() ? 0 : 1;
}
