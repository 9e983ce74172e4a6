// SPDX-License-Identifier: MIT
#pragma once

// The system call filter: an allowlist as a classic BPF program (seccomp(2)). Calls outside it fail with an errno that
// programs understand; only the wrong architecture kills.

#include <cstdint>
#include <linux/filter.h>
#include <sys/types.h>
#include <vector>

namespace proctor {

struct FilterSpec {
  bool setup_calls = false;    // mount, clone3: what a factory and a keeper need before a program runs
  bool memfd = false;          // memfd_create: only where a memory cgroup counts it
  bool unix_sockets = false;   // only where Landlock keeps abstract names inside the box
  bool inet = false;           // a private loopback
  bool single_process = false; // level 1: threads but no processes, no signals to others, no exec but the first
  pid_t self = 0;              // single_process: whom signals may reach
  uint64_t exec_argv = 0;      // single_process: the argv pointer of the one exec; 0: none
};

std::vector<sock_filter> make_filter(const FilterSpec& spec);

// Sets no_new_privs and installs the filter for the calling thread. False with errno set.
bool install_filter(const std::vector<sock_filter>& program);

} // namespace proctor
