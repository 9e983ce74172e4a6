// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/free_memory.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <unistd.h>

namespace proctor {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// Of a file that holds nothing else; nullopt: it is not there, or says "max".
std::optional<uint64_t> number_in(const std::string& path) {
  uint64_t number = 0;
  return std::ifstream(path) >> number ? std::optional(number) : std::nullopt;
}

// Of a file of lines "NAME NUMBER ...".
std::optional<uint64_t> number_of(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string word, rest;
  for (uint64_t number = 0; file >> word >> number; std::getline(file, rest))
    if (word == name) return number;
  return std::nullopt;
}

// What versions 1 and 2 of control groups call the same things.
struct GroupFiles {
  const char *limit, *used, *cache;
};
constexpr GroupFiles kVersion1{"/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"};
constexpr GroupFiles kVersion2{"/memory.max", "/memory.current", "inactive_file"};

// Files that were read and can be forgotten count as free.
uint64_t left_in_group(const std::string& directory, const GroupFiles& files) {
  const auto limit = number_in(directory + files.limit), used = number_in(directory + files.used);
  if (!limit || !used) return kNoLimit;
  const uint64_t cache = number_of(directory + "/memory.stat", files.cache).value_or(0);
  const uint64_t taken = *used - std::min(*used, cache);
  return *limit - std::min(*limit, taken);
}

// The least of a group and all those that it lies in. A container may see its group as the root, by another path.
uint64_t left_in_groups(const std::string& mount, std::string group, const GroupFiles& files) {
  uint64_t left = left_in_group(mount, files);
  for (; group.size() > 1; group.erase(group.find_last_of('/'))) left = std::min(left, left_in_group(mount + group, files));
  return left;
}

// Lines "ID:CONTROLLERS:GROUP"; of version 2, where it has the controllers, without a name.
uint64_t left_by_groups(const std::string& root) {
  std::ifstream file(root + "/proc/self/cgroup");
  uint64_t left = kNoLimit;
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos || !line.substr(second + 1).starts_with('/')) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",", group = line.substr(second + 1);
    if (controllers == ",,") left = std::min(left, left_in_groups(root + "/sys/fs/cgroup", group, kVersion2));
    if (controllers.find(",memory,") != std::string::npos)
      left = std::min(left, left_in_groups(root + "/sys/fs/cgroup/memory", group, kVersion1));
  }
  return left;
}

uint64_t unused_pages() {
  return static_cast<uint64_t>(std::max(sysconf(_SC_AVPHYS_PAGES), 1L)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

size_t free_memory(const std::string& root) {
  const auto available = number_of(root + "/proc/meminfo", "MemAvailable:"); // in units of 1024 bytes
  return static_cast<size_t>(std::min(available ? *available * 1024 : unused_pages(), left_by_groups(root)));
}

} // namespace proctor
