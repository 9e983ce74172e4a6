// SPDX-License-Identifier: MIT
#pragma once

// What one run may use at most. Every limit is enforced by the kernel or by proctor-boxd, none by the program.

#include <cstdint>

namespace proctor {

// Of everything in /box, and again of everything in /tmp. The same for every run: boxes are made ahead of the programs.
constexpr uint64_t kBoxBytes = uint64_t{64} << 20;
constexpr uint32_t kBoxFiles = 4096;

// Stacks count against RLIMIT_AS, whole, where there is no memory cgroup.
constexpr uint64_t kSoftStackBytes = uint64_t{64} << 20;

struct Limits {
  double cpu_s = 10;                          // CPU time of all processes together
  double wall_s = 0;                          // 0: twice cpu_s and a second
  uint64_t memory_bytes = uint64_t{1} << 30;  // of all processes together; without a memory cgroup of each one
  uint64_t output_bytes = uint64_t{64} << 20; // of stdout, of stderr, and of each file
  uint32_t n_processes = 64;                  // processes and threads
  uint32_t n_open_files = 256;                // of each process
  uint64_t stack_bytes = uint64_t{256} << 20; // of each thread; without a memory cgroup at most kSoftStackBytes

  double wall_limit_s() const { return wall_s > 0 ? wall_s : 2 * cpu_s + 1; }
};

} // namespace proctor
