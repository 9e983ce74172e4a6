// SPDX-License-Identifier: MIT
#pragma once

// Landlock: what the calling thread and its children may do with files, TCP, signals and abstract sockets
// (Documentation/userspace-api/landlock.rst). Own constants: Debian 12's header stops at ABI 2.

#include <string>
#include <vector>

namespace proctor {

// The kernel's Landlock ABI; 0 with errno set when there is none.
int landlock_abi();

constexpr int kLandlockScopes = 6; // the first ABI that scopes signals and abstract sockets

struct LandlockSpec {
  std::vector<std::string> read_trees;  // read and execute below
  std::vector<std::string> write_trees; // everything below
  std::vector<std::string> write_files; // read and write what exists below: devices
  bool tcp = false;                     // leave TCP alone: a private loopback
};

// Needs no_new_privs. Paths that do not exist are left out, and so stay forbidden. False with errno set.
bool restrict_self(const LandlockSpec& spec, int abi);

} // namespace proctor
