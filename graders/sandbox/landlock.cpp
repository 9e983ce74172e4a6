// SPDX-License-Identifier: MIT
// Landlock through its three system calls.
#include "graders/sandbox/landlock.h"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "graders/sandbox/fd.h"
#include "graders/sandbox/sham.h"

namespace proctor {
namespace {

constexpr uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDir = 1 << 3, kRefer = 1 << 13,
                   kTruncate = 1 << 14, kIoctlDev = 1 << 15;
constexpr uint64_t kTcp = 3;       // bind, connect
constexpr uint64_t kAllScopes = 3; // abstract sockets, signals

struct RulesetAttributes {
  uint64_t handled_access_fs, handled_access_net, scoped;
};
struct [[gnu::packed]] PathRule {
  uint64_t allowed_access;
  int32_t parent_fd;
};
constexpr int kRulePath = 1;
constexpr uint32_t kVersionFlag = 1;

uint64_t handled_rights(int abi) {
  uint64_t rights = kRefer - 1;
  if (abi >= 2) rights |= kRefer;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDev;
  return rights;
}

// Rights on a file must be those that a file can have.
bool allow_path(int ruleset, const std::string& path, uint64_t rights) {
  Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return errno == ENOENT;
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return false;
  if (!S_ISDIR(info.st_mode)) rights &= kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;
  PathRule rule{rights, fd.get()};
  return ::syscall(SYS_landlock_add_rule, ruleset, kRulePath, &rule, 0) == 0;
}

bool allow_paths(int ruleset, const std::vector<std::string>& paths, uint64_t rights) {
  for (const std::string& path : paths)
    if (!allow_path(ruleset, path, rights)) return false;
  return true;
}

} // namespace

int landlock_abi() {
  long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

bool restrict_self(const LandlockSpec& spec, int abi) {
  uint64_t rights = handled_rights(abi);
  RulesetAttributes attributes{rights, abi >= 4 && !spec.tcp ? kTcp : 0, abi >= kLandlockScopes ? kAllScopes : 0};
  size_t size = abi >= kLandlockScopes ? 24 : abi >= 4 ? 16 : 8;
  Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) return false;
  bool added = allow_paths(ruleset.get(), spec.read_trees, rights & (kExecute | kReadFile | kReadDir)) &&
               allow_paths(ruleset.get(), spec.write_trees, rights) &&
               allow_paths(ruleset.get(), spec.write_files, rights & (kReadFile | kWriteFile | kTruncate));
  if (is_sham("landlock")) return true;
  return added && ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

} // namespace proctor
