// SPDX-License-Identifier: MIT
#pragma once

// What is mapped in this process (/proc/self/maps, proc(5)).

#include <cstdint>
#include <string>
#include <vector>

namespace proctor {

struct Mapping {
  uintptr_t begin = 0, end = 0;
  std::string rights; // "rw-p"
};

// In the order of their addresses; empty where /proc is not there.
std::vector<Mapping> memory_map();

} // namespace proctor
