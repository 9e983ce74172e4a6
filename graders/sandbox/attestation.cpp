// SPDX-License-Identifier: MIT
// The attestation as JSON.
#include "graders/sandbox/attestation.h"

#include <fmt/format.h>

#include "harness/hash.h"

namespace proctor {

std::string Attestation::self_test_hash() const {
  Hasher hasher;
  hasher.field(kernel).field(fmt::format("{} {}", level, landlock_abi));
  for (int layer = 0; layer < kLayers; ++layer) hasher.field(layers.has(static_cast<Layer>(layer)) ? kLayerNames[layer] : "");
  for (const Probe& probe : probes) hasher.field(probe.name).field(probe.expected).field(probe.held ? "held" : "failed");
  return hasher.hex();
}

Json to_json(const Attestation& attestation) {
  Json layers = Json::array(), missing = Json::array(), probes = Json::array();
  for (int layer = 0; layer < kLayers; ++layer)
    if (attestation.layers.has(static_cast<Layer>(layer))) layers.push_back(kLayerNames[layer]);
  for (const MissingLayer& layer : attestation.missing)
    missing.push_back({{"layer", kLayerNames[static_cast<int>(layer.layer)]}, {"errno", layer.error}, {"hint", layer.hint}});
  for (const Probe& probe : attestation.probes)
    probes.push_back({{"probe", probe.name}, {"expected", probe.expected}, {"seen", probe.seen}, {"held", probe.held}});
  return {{"level", fmt::format("L{}", attestation.level)},
          {"layers", std::move(layers)},
          {"missing", std::move(missing)},
          {"landlock_abi", attestation.landlock_abi},
          {"memory", attestation.per_process_memory ? "per-process" : "cgroup"},
          {"kernel", attestation.kernel},
          {"user", attestation.user},
          {"self_test", {{"hash", attestation.self_test_hash()}, {"probes", std::move(probes)}}}};
}

} // namespace proctor
