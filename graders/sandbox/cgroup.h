// SPDX-License-Identifier: MIT
#pragma once

// Cgroups of boxes, where this user may make them: one slot per box, made once and reused, with the memory controller
// of v1 or v2, and v1's cpuacct or v2's cpu.stat, which needs no controller. A CgroupTree removes its cgroups when it
// goes, and those that a killed boxd left behind when it starts.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graders/sandbox/fd.h"

namespace proctor {

// What one run used, since begin().
struct CgroupUse {
  std::optional<uint64_t> cpu_ns, memory_peak_bytes;
  bool out_of_memory = false; // the kernel killed something in it
};

class CgroupSlot {
 public:
  // Opens the slot's files in its directories; an empty path: no such cgroup.
  static std::optional<CgroupSlot> open(const std::string& memory_dir, bool memory_v2, const std::string& cpu_dir, bool cpu_v2);

  std::vector<int> join_fds() const; // a process of one thread that writes "0" to each is in the slot

  // A box is about to be made in it: what it takes from here on is its own.
  void take();

  // Its program begins: sets every limit again and starts counting. False with errno set: the limit does not hold.
  bool begin(uint64_t memory_limit);
  CgroupUse use() const;
  void kill_all() const; // v2 only

 private:
  bool memory_v2_ = false, cpu_v2_ = false;
  Fd memory_join_, cpu_join_, limit_, swap_limit_, peak_, usage_, events_, cpu_usage_, kill_;
  uint64_t cpu_at_start_ns_ = 0, memory_before_ = 0, kills_at_start_ = 0;
  uint64_t cpu_ns() const;
  uint64_t memory_bytes() const;
  uint64_t kills() const;
};

// Where cgroups are mounted and which this process is in, from /proc/self/{mountinfo,cgroup}.
struct CgroupPlaces {
  std::string memory; // the directory of our own cgroup that limits memory; empty: none
  bool memory_v2 = false;
  std::string cpu;    // of the one that counts CPU time; empty: none
  bool cpu_v2 = false;
};
CgroupPlaces find_cgroups(const std::string& mountinfo, const std::string& cgroup);

class CgroupTree {
 public:
  // Makes n_slots slots, as far as this user may; memory_errno() and cpu_errno() say why not.
  CgroupTree(const CgroupPlaces& places, int n_slots, bool want_memory, bool want_cpu);
  ~CgroupTree();
  CgroupTree(const CgroupTree&) = delete;
  CgroupTree& operator=(const CgroupTree&) = delete;

  bool has_memory() const { return has_memory_; }
  bool has_cpu() const { return has_cpu_; }
  int memory_errno() const { return memory_errno_; }
  int cpu_errno() const { return cpu_errno_; }
  std::vector<CgroupSlot>& slots() { return slots_; }

 private:
  std::vector<std::string> dirs_; // children after parents
  std::vector<CgroupSlot> slots_;
  bool has_memory_ = false, has_cpu_ = false;
  int memory_errno_ = 0, cpu_errno_ = 0;
  bool make_dir(const std::string& dir);
};

} // namespace proctor
