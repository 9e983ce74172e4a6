// SPDX-License-Identifier: MIT
#pragma once

// The file system that programs see: a small read-only root made once per factory, and per box its own /proc, /box,
// /tmp. Host directories appear read-only; nothing else of the host does.

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "graders/sandbox/limits.h"
#include "graders/sandbox/wire.h"

namespace proctor {

struct RootFile {
  std::string path; // below the root
  std::string content;
};

struct RootSpec {
  std::vector<std::string> trees; // host directories beyond the system's own, at the same place inside
  std::vector<RootFile> files;
};

// A failed set-up: which step, and errno. BoxStep::none: success.
struct Failure {
  BoxStep step = BoxStep::none;
  int error = 0;
};

// What the system call just before failed with.
inline Failure failed(BoxStep step) { return {step, errno}; }

// Builds the root in the current (own) mount namespace, enters it and detaches the old one.
Failure enter_root(const RootSpec& spec);

// In a box's mount namespace, with its user mapped: /box and /tmp of kBoxBytes each (/dev/shm is /tmp).
Failure mount_box();

// In a new pid namespace: its own /proc, with nothing but its own processes.
Failure mount_proc();

// Replaces or makes a file. False with errno set.
bool write_file(const std::string& path, const std::string& text);

} // namespace proctor
