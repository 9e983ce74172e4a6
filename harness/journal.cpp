// SPDX-License-Identifier: MIT
#include "harness/journal.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

#include "harness/json.h"
#include "harness/text/number.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kWritebackBytes = 4 << 20;
constexpr uint64_t kCachedBytes = 256 << 20;

Error cannot_write(const std::string& path, int code) {
  const char* remedy = code == ENOSPC || code == EDQUOT ? " (free some space, then run the same command again)" : "";
  return infrastructure_error(fmt::format("cannot write {}: {}{}", path, std::strerror(code), remedy));
}

// Everything, and `end` behind it, or an errno.
int write_fully(int fd, std::string_view bytes, std::string_view end = {}) {
  while (!bytes.empty() || !end.empty()) {
    iovec parts[] = {{const_cast<char*>(bytes.data()), bytes.size()}, {const_cast<char*>(end.data()), end.size()}};
    ssize_t n = ::writev(fd, parts, 2);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : ENOSPC;
    const size_t of_bytes = std::min(static_cast<size_t>(n), bytes.size());
    bytes.remove_prefix(of_bytes);
    end.remove_prefix(static_cast<size_t>(n) - of_bytes);
  }
  return 0;
}

// The bytes after the last newline of the first `size` bytes.
Result<std::string> unfinished_tail(int fd, uint64_t size, const std::string& path) {
  constexpr uint64_t kBlock = 1 << 16;
  std::string tail;
  for (uint64_t end = size; end > 0;) {
    uint64_t begin = end - std::min(end, kBlock);
    std::string block(static_cast<size_t>(end - begin), '\0');
    ssize_t n = ::pread(fd, block.data(), block.size(), static_cast<off_t>(begin));
    if (n != static_cast<ssize_t>(block.size())) return cannot_write(path, n < 0 ? errno : EIO);
    if (size_t newline = block.rfind('\n'); newline != block.npos) return block.substr(newline + 1) + tail;
    tail.insert(0, block);
    end = begin;
  }
  return tail;
}

// A name of one of our own descriptors: /dev/stdout is a link to /proc/self/fd/1.
bool is_descriptor(const fs::path& file) {
  const fs::path dir = file.parent_path();
  return (dir == "/proc/self/fd" || dir == "/dev/fd") && parse_number<int>(file.filename().native()).has_value();
}

// The file that a name leads to through symlinks, also where it is not there yet.
fs::path link_target(const std::string& path) {
  std::error_code error;
  fs::path file = path;
  while (!is_descriptor(file) && fs::is_symlink(file, error)) file = file.parent_path() / fs::read_symlink(file, error);
  return file;
}

// These write everything, or return an errno.

// Behind what is in it already, as printing would.
int write_to_descriptor(const fs::path& name, std::string_view content) {
  std::fflush(stdout);
  return write_fully(*parse_number<int>(name.filename().native()), content);
}

int write_through(const std::string& path, std::string_view content) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int code = write_fully(fd, content);
  return ::close(fd) != 0 && code == 0 ? errno : code;
}

int replace_file(const std::string& path, std::string_view content, Durable durable) {
  std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int code = write_fully(fd, content);
  bool sync = durable == Durable::yes; // or a power cut could leave an empty file
  if (code == 0 && sync && ::fsync(fd) != 0 && errno != EINVAL) code = errno;
  if (::close(fd) != 0 && code == 0) code = errno;
  if (code == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) code = errno;
  if (code != 0) ::unlink(temporary.c_str());
  return code;
}

} // namespace

Result<Journal> Journal::open(const std::string& path, std::string_view header) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return cannot_write(path, errno);
  Journal journal(fd, path);
  if (Status repaired = journal.repair(); !repaired) return repaired.error();
  journal.writeback_ = journal.size_;
  if (journal.size_ == 0 && !header.empty())
    if (Status written = journal.append(header); !written) return written.error();
  return journal;
}

Status Journal::repair() {
  struct stat info{};
  if (::fstat(fd_, &info) != 0) return cannot_write(path_, errno);
  size_ = static_cast<uint64_t>(info.st_size);
  auto tail = unfinished_tail(fd_, size_, path_);
  if (!tail) return tail.error();
  if (tail->empty()) return {};
  if (parse_json(*tail, path_)) return append(""); // the record is whole, only its newline was lost
  if (::ftruncate(fd_, static_cast<off_t>(size_ - tail->size())) != 0) return cannot_write(path_, errno);
  size_ -= tail->size();
  cut_bytes_ = tail->size();
  return {};
}

Status Journal::append(std::string_view line) {
  if (int code = write_fully(fd_, line, "\n"); code != 0) {
    [[maybe_unused]] int ignored = ::ftruncate(fd_, static_cast<off_t>(size_));
    return cannot_write(path_, code);
  }
  size_ += line.size() + 1;
  dirty_ = true;
  // The disk begins while we go on, so that sync() has little to wait for.
  if (size_ - writeback_ >= kWritebackBytes) {
    ::sync_file_range(fd_, static_cast<off_t>(writeback_), static_cast<off_t>(size_ - writeback_), SYNC_FILE_RANGE_WRITE);
    writeback_ = size_;
  }
  return {};
}

Status Journal::sync() {
  if (!dirty_) return {};
  if (::fdatasync(fd_) != 0 && errno != EINVAL)
    return cannot_write(path_, errno); // EINVAL: cannot be synced (a pipe)
  dirty_ = false;
  // Of what is safe only the end is read again soon: a long log must not push the model's weights out of the page cache.
  if (size_ > kCachedBytes) ::posix_fadvise(fd_, 0, static_cast<off_t>(size_ - kCachedBytes), POSIX_FADV_DONTNEED);
  return {};
}

Journal::Journal(Journal&& other) noexcept { *this = std::move(other); }

Journal& Journal::operator=(Journal&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(cut_bytes_, other.cut_bytes_);
  std::swap(writeback_, other.writeback_);
  std::swap(dirty_, other.dirty_);
  return *this;
}

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

Status write_file_atomically(const std::string& path, std::string_view content, Durable durable) {
  struct stat info{};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (!exists && errno != ENOENT) return cannot_write(path, errno);
  const fs::path target = link_target(path);
  int code = 0;
  if (is_descriptor(target)) code = write_to_descriptor(target, content);
  else if (exists && !S_ISREG(info.st_mode)) code = write_through(path, content);
  else code = replace_file(target, content, durable);
  return code == 0 ? Status() : Status(cannot_write(path, code));
}

} // namespace proctor
