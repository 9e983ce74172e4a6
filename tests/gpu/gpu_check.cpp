// SPDX-License-Identifier: MIT
// gpu_check [--small] [--no-speed] [--goldens DIR] [--json FILE]: every check that needs a GPU. Exit 0: all passed, 1:
// not, 3: the device failed, 77: there is none, and why.
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include "backends/engine/cuda/nvidia_device.h"
#include "tests/gpu/checks.h"

using namespace proctor;

namespace {

struct Arguments {
  bool small = false, speed = true;
  std::string goldens, json;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--small") arguments.small = true;
    if (argument == "--small" || argument == "--no-speed") arguments.speed = false;
    if (argument == "--goldens" && i + 1 < argc) arguments.goldens = argv[++i];
    if (argument == "--json" && i + 1 < argc) arguments.json = argv[++i];
  }
  return arguments;
}

} // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  GpuReport report;
  {
    auto device = cuda::open_nvidia_device();
    if (!device) {
      std::puts(fmt::format("skipped: {}", device.error().message).c_str());
      return 77;
    }
    const cuda::DeviceFacts& facts = (*device)->facts();
    std::puts(fmt::format("{}, {} multiprocessors, {} MB", facts.name, facts.multiprocessors, facts.memory >> 20).c_str());
    report.facts() = {{"name", facts.name}, {"multiprocessors", facts.multiprocessors}, {"memory_bytes", facts.memory}};
  }
  int code = 0;
  try {
    check_correctness(report, arguments.goldens, arguments.small);
    if (arguments.speed) measure_speed(report);
    code = report.all_passed() ? 0 : 1;
  } catch (const cuda::DeviceError& error) {
    report.check("the device", false, error.what());
    code = 3;
  }
  if (!arguments.json.empty()) std::ofstream(arguments.json) << dump_json_pretty(report.json()) << "\n";
  return code;
}
