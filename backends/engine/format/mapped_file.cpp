// SPDX-License-Identifier: MIT
#include "backends/engine/format/mapped_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "backends/engine/embedded.h"
#include "harness/hash.h"

namespace proctor {
namespace {

Error refused(const std::string& path, std::string_view why) { return usage_error(fmt::format("{}: {}", path, why)); }

Result<std::span<const uint8_t>> map(int fd, const std::string& path) {
  struct stat facts{};
  if (fstat(fd, &facts) != 0) return refused(path, std::strerror(errno));
  if (!S_ISREG(facts.st_mode))
    return refused(path, S_ISDIR(facts.st_mode) ? "is a directory" : "is not a regular file");
  auto size = static_cast<size_t>(facts.st_size);
  if (size == 0) return refused(path, "is empty");
  void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (at == MAP_FAILED) return refused(path, std::strerror(errno));
  return std::span(static_cast<const uint8_t*>(at), size);
}

} // namespace

Result<MappedFile> MappedFile::open(const std::string& path) {
  if (auto embedded = embedded_file(path)) return MappedFile(*embedded, path, false);
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refused(path, std::strerror(errno));
  auto bytes = map(fd, path);
  ::close(fd);
  if (!bytes) return bytes.error();
  return MappedFile(*bytes, path, true);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), path_(std::move(other.path_)), mapped_(std::exchange(other.mapped_, false)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(path_, other.path_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

MappedFile::~MappedFile() {
  if (mapped_) munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

std::string sampled_digest(const MappedFile& file) {
  constexpr size_t kHead = size_t{1} << 20, kBlock = 4096, kBlocks = 256;
  std::span<const uint8_t> bytes = file.bytes();
  auto text = [&](size_t at, size_t length) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()) + at, std::min(length, bytes.size() - at));
  };
  Hasher hasher;
  hasher.field(std::to_string(bytes.size())).field(text(0, kHead));
  for (size_t i = 0; i < kBlocks && bytes.size() > kHead; ++i)
    hasher.field(text(kHead + (bytes.size() - kHead) / kBlocks * i, kBlock));
  return hasher.hex();
}

} // namespace proctor
