// SPDX-License-Identifier: MIT
// Cgroup v1 and v2 as files.
#include "graders/sandbox/cgroup.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <sstream>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "graders/sandbox/sham.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

std::string read_all(int fd) {
  char text[4096];
  ssize_t got = fd < 0 ? -1 : ::pread(fd, text, sizeof text, 0);
  return got > 0 ? std::string(text, static_cast<size_t>(got)) : std::string();
}

uint64_t number_in(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The number after "KEY " at the start of a line.
uint64_t field(std::string_view text, std::string_view key) {
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.size() > key.size() && line.substr(0, key.size()) == key && line[key.size()] == ' ')
      return number_in(line.substr(key.size() + 1));
    at = end + 1;
  }
  return 0;
}

bool write_all(int fd, const std::string& text) {
  return ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

Fd open_in(const std::string& dir, const char* name, int flags) {
  return Fd(::open((dir + "/" + name).c_str(), flags | O_CLOEXEC));
}

bool write_in(const std::string& dir, const char* name, const std::string& text) {
  Fd fd = open_in(dir, name, O_WRONLY);
  return fd && write_all(fd.get(), text);
}

// A name that no other boxd has: process ids are unique within a pid namespace.
std::string name_prefix() {
  struct stat info{};
  ::stat("/proc/self/ns/pid", &info);
  return "proctor-" + std::to_string(info.st_ino) + "-";
}

// Removes directories, the last first, and drops what is gone from the list. Processes that were killed may still be on
// their way out, so it tries for a fifth of a second.
void remove_dirs(std::vector<std::string>& dirs) {
  for (int attempt = 0; attempt < 100 && !dirs.empty(); ++attempt) {
    if (attempt > 0) ::usleep(2000);
    while (!dirs.empty() && (::rmdir(dirs.back().c_str()) == 0 || errno == ENOENT)) dirs.pop_back();
  }
}

void remove_tree(const std::string& dir) {
  std::vector<std::string> dirs{dir};
  if (DIR* entries = ::opendir(dir.c_str())) {
    while (dirent* entry = ::readdir(entries))
      if (entry->d_type == DT_DIR && entry->d_name[0] != '.') dirs.push_back(dir + "/" + entry->d_name);
    ::closedir(entries);
  }
  remove_dirs(dirs);
}

// Cgroups of boxds that are gone: killed ones cannot clean up.
void remove_stale(const std::string& parent) {
  DIR* entries = ::opendir(parent.c_str());
  if (entries == nullptr) return;
  std::string prefix = name_prefix();
  std::vector<std::string> stale;
  while (dirent* entry = ::readdir(entries)) {
    std::string_view name = entry->d_name;
    if (name.substr(0, prefix.size()) != prefix) continue;
    auto pid = static_cast<pid_t>(number_in(name.substr(prefix.size())));
    if (pid == ::getpid() || (::kill(pid, 0) != 0 && errno == ESRCH)) stale.push_back(parent + "/" + entry->d_name);
  }
  ::closedir(entries);
  for (const std::string& dir : stale) remove_tree(dir);
}

// A thread that joins alone and by itself needs no lock that holds up every fork and exit of the machine. With v2 it has to
// be the whole process.
const char* join_file(bool v2) { return v2 ? "cgroup.procs" : "tasks"; }

} // namespace

std::optional<CgroupSlot> CgroupSlot::open(const std::string& memory_dir, bool memory_v2, const std::string& cpu_dir, bool cpu_v2) {
  CgroupSlot slot;
  slot.memory_v2_ = memory_v2;
  slot.cpu_v2_ = cpu_v2;
  if (!memory_dir.empty()) {
    slot.memory_join_ = open_in(memory_dir, join_file(memory_v2), O_WRONLY);
    slot.limit_ = open_in(memory_dir, memory_v2 ? "memory.max" : "memory.limit_in_bytes", O_RDWR);
    slot.swap_limit_ = open_in(memory_dir, memory_v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes", O_RDWR);
    slot.peak_ = open_in(memory_dir, memory_v2 ? "memory.peak" : "memory.max_usage_in_bytes", O_RDWR);
    if (!slot.peak_) slot.peak_ = open_in(memory_dir, "memory.peak", O_RDONLY); // before 6.12 it cannot be reset
    slot.usage_ = open_in(memory_dir, memory_v2 ? "memory.current" : "memory.usage_in_bytes", O_RDONLY);
    slot.events_ = open_in(memory_dir, memory_v2 ? "memory.events" : "memory.oom_control", O_RDONLY);
    if (!slot.memory_join_ || !slot.limit_ || !slot.usage_ || !slot.events_) return std::nullopt;
    if (memory_v2) write_in(memory_dir, "memory.oom.group", "1");
  }
  if (!cpu_dir.empty()) {
    slot.cpu_usage_ = open_in(cpu_dir, cpu_v2 ? "cpu.stat" : "cpuacct.usage", O_RDONLY);
    if (cpu_v2) slot.kill_ = open_in(cpu_dir, "cgroup.kill", O_WRONLY);
    if (cpu_dir != memory_dir) slot.cpu_join_ = open_in(cpu_dir, join_file(cpu_v2), O_WRONLY);
    if (!slot.cpu_usage_ || (cpu_dir != memory_dir && !slot.cpu_join_)) return std::nullopt;
  }
  return slot;
}

std::vector<int> CgroupSlot::join_fds() const {
  std::vector<int> fds;
  for (const Fd* fd : {&memory_join_, &cpu_join_})
    if (*fd) fds.push_back(fd->get());
  return fds;
}

uint64_t CgroupSlot::cpu_ns() const {
  const std::string text = read_all(cpu_usage_.get());
  return cpu_v2_ ? field(text, "usage_usec") * 1000 : number_in(text);
}

uint64_t CgroupSlot::kills() const { return field(read_all(events_.get()), "oom_kill"); }

uint64_t CgroupSlot::memory_bytes() const { return usage_ ? number_in(read_all(usage_.get())) : 0; }

void CgroupSlot::take() { memory_before_ = memory_bytes(); }

// What is charged already is added to the limit: a waiting box, and what an earlier run left (its output, until that is
// read). The latter may be gone by now.
bool CgroupSlot::begin(uint64_t memory_limit) {
  if (cpu_usage_) cpu_at_start_ns_ = cpu_ns();
  if (!limit_) return true;
  const uint64_t memory_now = memory_bytes();
  memory_before_ = std::min(memory_before_, memory_now);
  kills_at_start_ = kills();
  std::string limit = std::to_string(memory_limit + memory_now), zero = "0";
  if (is_sham("memory")) return true;
  if (memory_v2_) {
    if (!write_all(limit_.get(), limit)) return false;
    if (swap_limit_ && !write_all(swap_limit_.get(), zero)) return false;
  } else {
    // v1 refuses memsw below limit and limit above memsw: lift, lower, then cap both.
    if (swap_limit_ && !write_all(swap_limit_.get(), "-1")) return false;
    if (!write_all(limit_.get(), limit)) return false;
    if (swap_limit_ && !write_all(swap_limit_.get(), limit)) return false;
  }
  if (peak_) write_all(peak_.get(), zero);
  return true;
}

CgroupUse CgroupSlot::use() const {
  CgroupUse use;
  if (cpu_usage_) use.cpu_ns = cpu_ns() - cpu_at_start_ns_;
  if (!limit_) return use;
  use.out_of_memory = kills() > kills_at_start_;
  uint64_t peak = number_in(read_all(peak_.get()));
  if (peak_) use.memory_peak_bytes = peak > memory_before_ ? peak - memory_before_ : 0;
  return use;
}

void CgroupSlot::kill_all() const {
  if (kill_) write_all(kill_.get(), "1");
}

CgroupPlaces find_cgroups(const std::string& mountinfo, const std::string& cgroup) {
  std::map<std::string, std::string> mounts, own; // by controller of v1; v2 is ""
  std::string line;
  for (std::istringstream lines(mountinfo); std::getline(lines, line);) {
    size_t dash = line.find(" - ");
    if (dash == line.npos) continue;
    std::istringstream left(line), right(line.substr(dash + 3));
    std::string skip, root, point, type, source, options;
    left >> skip >> skip >> skip >> root >> point;
    right >> type >> source >> options;
    if (type == "cgroup2") mounts[""] = point;
    if (type == "cgroup")
      for (std::string_view option : split(options, ',')) mounts[std::string(option)] = point;
  }
  for (std::istringstream lines(cgroup); std::getline(lines, line);) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == line.npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    if (path == "/") path.clear();
    for (std::string_view controller : split(controllers, ',')) own[std::string(controller)] = path;
  }
  auto place = [&](const char* controller) { return mounts.contains(controller) ? mounts[controller] + own[controller] : ""; };
  CgroupPlaces places{place("memory"), false, place(""), true};
  if (places.memory.empty()) places.memory = places.cpu, places.memory_v2 = !places.cpu.empty();
  // One that counts and nothing else: with "cpu" beside it boxes would share processors otherwise than other processes do.
  bool counts_alone = mounts.contains("cpuacct") && (!mounts.contains("cpu") || mounts["cpu"] != mounts["cpuacct"]);
  if (!places.memory_v2 && counts_alone) places.cpu = place("cpuacct"), places.cpu_v2 = false;
  return places;
}

bool CgroupTree::make_dir(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0755) != 0) return false;
  dirs_.push_back(dir);
  return true;
}

CgroupTree::CgroupTree(const CgroupPlaces& places, int n_slots, bool want_memory, bool want_cpu) {
  std::string name = "/" + name_prefix() + std::to_string(::getpid());
  auto make_base = [&](const std::string& parent, int& error) {
    if (parent.empty()) return error = ENOENT, false;
    remove_stale(parent);
    if (make_dir(parent + name)) return true;
    return error = errno, false;
  };
  std::string memory_base = places.memory + name, cpu_base = places.cpu + name;
  if (want_memory) has_memory_ = make_base(places.memory, memory_errno_);
  if (has_memory_ && places.memory_v2) { // controllers reach the slots through both parents
    has_memory_ = write_in(places.memory, "cgroup.subtree_control", "+memory") &&
                  write_in(memory_base, "cgroup.subtree_control", "+memory");
    if (!has_memory_) memory_errno_ = errno;
  }
  bool shared = has_memory_ && places.memory_v2;
  if (want_cpu) has_cpu_ = shared || make_base(places.cpu, cpu_errno_);
  if (want_cpu && !has_cpu_ && places.memory_v2 && cpu_errno_ == EEXIST) has_cpu_ = true;
  for (int index = 0; index < n_slots; ++index) {
    std::string slot = "/slot-" + std::to_string(index);
    std::string memory = has_memory_ ? memory_base + slot : "", cpu = has_cpu_ ? cpu_base + slot : "";
    if (!memory.empty() && !make_dir(memory)) memory.clear(), memory_errno_ = errno, has_memory_ = false;
    if (!cpu.empty() && cpu != memory && !make_dir(cpu)) cpu.clear(), cpu_errno_ = errno, has_cpu_ = false;
    auto opened = CgroupSlot::open(memory, places.memory_v2, cpu, places.cpu_v2);
    if (!opened) has_memory_ = has_cpu_ = false, memory_errno_ = cpu_errno_ = errno;
    slots_.push_back(opened ? std::move(*opened) : CgroupSlot());
  }
}

CgroupTree::~CgroupTree() {
  slots_.clear();
  remove_dirs(dirs_);
}

} // namespace proctor
