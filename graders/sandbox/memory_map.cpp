// SPDX-License-Identifier: MIT
#include "graders/sandbox/memory_map.h"

#include <cstdio>
#include <fstream>

namespace proctor {

std::vector<Mapping> memory_map() {
  std::vector<Mapping> mappings;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char rights[5] = "";
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) == 3) mappings.push_back({begin, end, rights});
  }
  return mappings;
}

} // namespace proctor
