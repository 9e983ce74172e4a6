// SPDX-License-Identifier: MIT
#pragma once

// The layers that confine a program, and the level that a set of them amounts to (docs/sandbox.md).

#include <cstdint>

namespace proctor {

enum class Layer : uint8_t { userns, mounts, proc, seccomp, landlock, memory_cgroup, cpu_cgroup };
constexpr int kLayers = 7;
constexpr const char* kLayerNames[kLayers] = {"userns",   "mounts",        "proc",      "seccomp",
                                              "landlock", "memory_cgroup", "cpu_cgroup"};

// A set of layers.
class LayerSet {
 public:
  constexpr bool has(Layer layer) const { return (bits_ >> static_cast<int>(layer) & 1) != 0; }
  constexpr LayerSet& add(Layer layer) {
    bits_ = static_cast<uint16_t>(bits_ | 1 << static_cast<int>(layer));
    return *this;
  }
  constexpr LayerSet& remove(Layer layer) {
    bits_ = static_cast<uint16_t>(bits_ & ~(1 << static_cast<int>(layer)));
    return *this;
  }

 private:
  uint16_t bits_ = 0;
};

// 3: namespaces, seccomp, Landlock and a memory cgroup. 2: one of Landlock and the memory cgroup is missing. 1: no
// namespaces; one process under Landlock and seccomp. 0: programs are not run.
constexpr int level_of(LayerSet layers) {
  bool spaces = layers.has(Layer::userns) && layers.has(Layer::mounts) && layers.has(Layer::proc);
  bool landlock = layers.has(Layer::landlock), memory = layers.has(Layer::memory_cgroup);
  if (!layers.has(Layer::seccomp)) return 0;
  if (spaces && landlock && memory) return 3;
  if (spaces && (landlock || memory)) return 2;
  return landlock ? 1 : 0;
}

} // namespace proctor
