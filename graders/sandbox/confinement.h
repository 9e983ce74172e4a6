// SPDX-License-Identifier: MIT
#pragma once

// What boxd found that it can enforce; decided once, then the same for a factory and all its boxes.

#include <string>
#include <vector>

#include "graders/sandbox/layers.h"
#include "graders/sandbox/seccomp.h"

namespace proctor {

struct Confinement {
  LayerSet layers;
  int landlock_abi = 0;
  bool second_filter = false; // per box: nothing that set up the box is left to its program
  bool loopback = false;      // a private network with lo
  std::string scratch;        // level 1: an empty directory, the working directory of every program
  std::vector<std::string> trees; // level 1: read-only beyond the system's own directories

  bool namespaces() const { return layers.has(Layer::userns); }
};

// The filter of a factory and all that it makes (setup), or of a program alone.
FilterSpec filter_spec(const Confinement& confinement, bool setup);

} // namespace proctor
