// SPDX-License-Identifier: MIT
// What there is for keys and values, on machines that are made up of files.
#include "backends/engine/cpu/free_memory.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/temp_dir.h"

using namespace proctor;

namespace {

size_t free_on(const std::map<std::string, std::string>& files) {
  TempDir temp;
  for (const auto& [name, text] : files) {
    const std::filesystem::path path = temp.path() + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  return free_memory(temp.path());
}

const std::pair<const std::string, std::string> kMachine{"proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:   5000 kB\nBuffers: 1 kB\n"};

} // namespace

TEST_CASE("memory that only holds files which were read is free") {
  CHECK(free_on({kMachine}) == 5000 * 1024);
  CHECK(free_memory() > 0);
}

TEST_CASE("a control group's limit counts, and that of every group around it") {
  const std::pair<const std::string, std::string> of_process{"proc/self/cgroup", "0::/a/b\n"}, inner{"sys/fs/cgroup/a/b/memory.max", "max\n"},
      used{"sys/fs/cgroup/a/b/memory.current", "700000\n"}, outer{"sys/fs/cgroup/a/memory.max", "2000000\n"},
      outer_used{"sys/fs/cgroup/a/memory.current", "1500000\n"}, stat{"sys/fs/cgroup/a/memory.stat", "anon 3\ninactive_file 400000\nactive_file 7\n"};
  CHECK(free_on({kMachine, of_process, inner, used}) == 5000 * 1024);
  CHECK(free_on({kMachine, of_process, inner, used, outer, outer_used}) == 500'000);
  CHECK(free_on({kMachine, of_process, inner, used, outer, outer_used, stat}) == 900'000);
  CHECK(free_on({kMachine, of_process, {"sys/fs/cgroup/a/memory.max", "1000"}, outer_used}) == 0);
}

TEST_CASE("a group that a container sees as the root counts, of both versions") {
  CHECK(free_on({kMachine, {"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/memory.max", "3000000"}, {"sys/fs/cgroup/memory.current", "1"}}) == 2'999'999);
  CHECK(free_on({kMachine, {"proc/self/cgroup", "11:cpu,cpuacct:/x\n4:memory:/docker/1\n"}, {"sys/fs/cgroup/memory/memory.limit_in_bytes", "3000000"},
                 {"sys/fs/cgroup/memory/memory.usage_in_bytes", "1000000"}, {"sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 250000\n"}}) == 2'250'000);
}
