// SPDX-License-Identifier: MIT
#include "harness/cmd_sandbox_facts.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

// The first line says what runs, the others which modules are there (+) and which are not (-).
constexpr const char* kQuestion =
    "import importlib.util, platform, sys\n"
    "print(platform.python_version())\n"
    "for name in sys.stdin.read().split():\n"
    "    print(('+' if importlib.util.find_spec(name) else '-') + name)\n";

// Third-party modules that answers to the coding tasks import, by how often they do.
constexpr const char* kModules = "numpy sortedcontainers scipy sympy pandas networkx requests matplotlib sklearn PIL gmpy2 numba torch";

void ask_python(Sandbox& sandbox, SandboxFacts& facts) {
  BoxOutcome outcome = sandbox.run(python_job(kQuestion, kModules));
  facts.has_python = outcome.verdict == RunVerdict::ok;
  if (!facts.has_python) {
    facts.python = outcome.failure.empty() ? outcome.err : outcome.failure;
    return;
  }
  for (std::string_view line : split(trim(outcome.out), '\n')) {
    if (line.starts_with('+')) facts.modules.emplace_back(line.substr(1));
    else if (line.starts_with('-')) facts.missing.emplace_back(line.substr(1));
    else facts.python = std::string(line);
  }
}

} // namespace

SandboxFacts sandbox_facts(Sandbox& sandbox) {
  SandboxFacts facts{sandbox.attestation(), {}, {}, {}, {}, false};
  ask_python(sandbox, facts);
  if (facts.attestation.level < 2) return facts; // a compiler is several processes
  BoxOutcome compiler = sandbox.run(command_job({"/bin/sh", "-c", "g++ -dumpfullversion"}));
  if (compiler.verdict == RunVerdict::ok) facts.compiler = std::string(trim(compiler.out));
  return facts;
}

std::string headline(const Attestation& attestation) {
  std::string layers;
  for (int at = 0; at < kLayers; ++at)
    if (attestation.layers.has(static_cast<Layer>(at))) layers += (layers.empty() ? "" : ", ") + std::string(kLayerNames[at]);
  auto held = std::ranges::count_if(attestation.probes, &Probe::held);
  return fmt::format("L{} ({}), self-test {} of {}{}", attestation.level, layers, held, attestation.probes.size(),
                     attestation.per_process_memory ? ", memory limits per process" : "");
}

Json limits_json(const Limits& limits) {
  return {{"cpu_s", limits.cpu_s},           {"wall_s", limits.wall_limit_s()},     {"memory_bytes", limits.memory_bytes},
          {"output_bytes", limits.output_bytes}, {"processes", limits.n_processes}, {"open_files", limits.n_open_files},
          {"stack_bytes", limits.stack_bytes}, {"box_bytes", kBoxBytes},            {"box_files", kBoxFiles}};
}

} // namespace proctor
