// SPDX-License-Identifier: MIT
// memfd_create and seals.
#include "graders/sandbox/memory_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace proctor {
namespace {

constexpr unsigned kExec = 0x10, kNoExecSeal = 0x8; // MFD_EXEC, MFD_NOEXEC_SEAL: Linux 6.3

Fd make_file(unsigned kind) {
  Fd fd(::memfd_create("proctor", MFD_CLOEXEC | MFD_ALLOW_SEALING | kind));
  if (!fd && errno == EINVAL) fd = Fd(::memfd_create("proctor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  return fd;
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    ssize_t written = ::write(fd, content.data(), content.size());
    if (written <= 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

Fd make_sealed(unsigned kind, std::string_view content) {
  Fd fd = make_file(kind);
  if (!fd || !write_all(fd.get(), content) || ::lseek(fd.get(), 0, SEEK_SET) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return Fd();
  return fd;
}

} // namespace

// Appended to, as a pipe is, also by a program that opens /dev/stdout beside the one it has.
Fd make_output_file() {
  Fd fd = make_file(kNoExecSeal);
  if (fd) ::fcntl(fd.get(), F_SETFL, O_APPEND);
  return fd;
}

Fd make_input_file(std::string_view content) { return make_sealed(kNoExecSeal, content); }

Fd make_executable_file(std::string_view content) {
  Fd writable = make_sealed(kExec, content);
  ::fchmod(writable.get(), 0755);
  return Fd(::open(("/proc/self/fd/" + std::to_string(writable.get())).c_str(), O_RDONLY | O_CLOEXEC));
}

std::string read_memory_file(int fd, uint64_t limit) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return "";
  std::string content(std::min<uint64_t>(static_cast<uint64_t>(info.st_size), limit), '\0');
  size_t at = 0;
  while (at < content.size()) {
    ssize_t got = ::pread(fd, content.data() + at, content.size() - at, static_cast<off_t>(at));
    if (got <= 0) break;
    at += static_cast<size_t>(got);
  }
  content.resize(at);
  return content;
}

} // namespace proctor
