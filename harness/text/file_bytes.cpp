// SPDX-License-Identifier: MIT
#include "harness/text/file_bytes.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace proctor {
namespace {

constexpr size_t kBlock = size_t{1} << 18;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error cannot_read(const std::string& path, std::string_view why) {
  return usage_error(fmt::format("cannot read {}: {}", path, why));
}

// Closes on scope exit; release() hands the descriptor on.
struct Descriptor {
  int fd = -1;
  explicit Descriptor(int descriptor = -1) : fd(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : fd(other.release()) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int release() { return std::exchange(fd, -1); }
};

Result<size_t> read_some(int fd, char* data, size_t size, const std::string& path) {
  for (;;) {
    ssize_t n = ::read(fd, data, size);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) return cannot_read(path, std::strerror(errno));
  }
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return infrastructure_error(fmt::format(
          "unpacking {} into a temporary file: {} (set TMPDIR to a roomier place)", path, std::strerror(errno)));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<int> temporary_file() {
  const char* dir = std::getenv("TMPDIR");
  std::string name = std::string(dir != nullptr && *dir != 0 ? dir : "/tmp") + "/proctor-XXXXXX";
  int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0)
    return infrastructure_error(fmt::format("cannot create a temporary file {}: {}", name, std::strerror(errno)));
  ::unlink(name.c_str());
  return fd;
}

enum class Packing { none, gzip, zstd };

Packing packing_of(std::string_view head) {
  if (head.starts_with("\x1F\x8B")) return Packing::gzip;
  if (head.starts_with("\x28\xB5\x2F\xFD")) return Packing::zstd;
  return Packing::none;
}

using Output = std::function<Status(std::string_view)>;

// The unpackers read `in` to its end; `head` holds the bytes already read from it.
struct Input {
  int fd;
  std::string head;
  const std::string& path;

  Result<std::string> next_block() {
    if (!head.empty()) return std::exchange(head, {});
    std::string block(kBlock, '\0');
    auto n = read_some(fd, block.data(), block.size(), path);
    if (!n) return n.error();
    block.resize(*n);
    return block;
  }
};

Status copy(Input in, const Output& out) {
  for (;;) {
    auto block = in.next_block();
    if (!block) return block.error();
    if (block->empty()) return {};
    if (Status written = out(*block); !written) return written;
  }
}

struct Inflater {
  z_stream stream{};
  ~Inflater() { inflateEnd(&stream); }
};

Status gunzip(Input in, const Output& out) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  PROCTOR_CHECK(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  std::vector<char> buffer(kBlock);
  bool inside = false; // in a member that has not ended
  for (;;) {
    auto block = in.next_block();
    if (!block) return block.error();
    if (block->empty()) break;
    stream.next_in = reinterpret_cast<Bytef*>(block->data());
    stream.avail_in = static_cast<uInt>(block->size());
    while (stream.avail_in > 0) {
      inside = true;
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      int code = inflate(&stream, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return cannot_read(in.path, "damaged gzip data");
      if (Status written = out({buffer.data(), buffer.size() - stream.avail_out}); !written) return written;
      if (code == Z_STREAM_END) { // files may hold several members, one after the other
        inside = false;
        inflateReset(&stream);
      }
    }
  }
  return inside ? Status(cannot_read(in.path, "gzip data ends too early")) : Status();
}

Status unzstd(Input in, const Output& out) {
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  std::vector<char> buffer(ZSTD_DStreamOutSize());
  size_t left = 0; // of the current frame; 0 between frames
  for (;;) {
    auto block = in.next_block();
    if (!block) return block.error();
    if (block->empty()) break;
    ZSTD_inBuffer input{block->data(), block->size(), 0};
    while (input.pos < input.size) {
      ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
      left = ZSTD_decompressStream(stream.get(), &output, &input);
      if (ZSTD_isError(left)) return cannot_read(in.path, "damaged zstd data");
      if (Status written = out({buffer.data(), output.pos}); !written) return written;
    }
  }
  return left != 0 ? Status(cannot_read(in.path, "zstd data ends too early")) : Status();
}

Status unpack(Input in, const Output& out) {
  switch (packing_of(in.head)) {
  case Packing::gzip: return gunzip(std::move(in), out);
  case Packing::zstd: return unzstd(std::move(in), out);
  case Packing::none: break;
  }
  return copy(std::move(in), out);
}

struct OpenedFile {
  Descriptor descriptor;
  struct stat info{};
  std::string head; // the first bytes, already consumed when the file cannot seek
};

Result<OpenedFile> open_file(const std::string& path) {
  OpenedFile file;
  file.descriptor.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.descriptor.fd < 0) return cannot_read(path, errno == ENOENT ? "no such file" : std::strerror(errno));
  if (::fstat(file.descriptor.fd, &file.info) != 0) return cannot_read(path, std::strerror(errno));
  if (S_ISDIR(file.info.st_mode)) return cannot_read(path, "it is a directory, a file is wanted");
  file.head.resize(4);
  size_t have = 0;
  while (have < file.head.size()) { // a pipe may give fewer bytes at a time
    auto n = read_some(file.descriptor.fd, file.head.data() + have, file.head.size() - have, path);
    if (!n) return n.error();
    if (*n == 0) break;
    have += *n;
  }
  file.head.resize(have);
  for (std::string_view mark : {"\xFF\xFE", "\xFE\xFF"})
    if (file.head.starts_with(mark)) return cannot_read(path, "it is UTF-16, UTF-8 is wanted (iconv -f utf-16 -t utf-8)");
  return file;
}

} // namespace

Result<std::string> read_text_file(const std::string& path) {
  auto file = open_file(path);
  if (!file) return file.error();
  std::string text;
  Status done = unpack({file->descriptor.fd, file->head, path}, [&](std::string_view bytes) {
    text += bytes;
    return Status();
  });
  if (!done) return done.error();
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

Result<FileBytes> FileBytes::open(const std::string& path) {
  auto file = open_file(path);
  if (!file) return file.error();
  if (S_ISREG(file->info.st_mode) && packing_of(file->head) == Packing::none)
    return FileBytes(file->descriptor.release(), static_cast<uint64_t>(file->info.st_size), path);

  auto temporary = temporary_file();
  if (!temporary) return temporary.error();
  Descriptor target{*temporary};
  uint64_t size = 0;
  Status done = unpack({file->descriptor.fd, file->head, path}, [&](std::string_view bytes) {
    size += bytes.size();
    return write_all(target.fd, bytes, path);
  });
  if (!done) return done.error();
  return FileBytes(target.release(), size, path);
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_), path_(std::move(other.path_)) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(path_, other.path_);
  return *this;
}

FileBytes::~FileBytes() {
  if (fd_ >= 0) ::close(fd_);
}

Status FileBytes::read(uint64_t offset, size_t length, std::string& out) const {
  out.resize(offset >= size_ ? 0 : static_cast<size_t>(std::min<uint64_t>(length, size_ - offset)));
  size_t done = 0;
  while (done < out.size()) {
    ssize_t n = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_read(path_, std::strerror(errno));
    if (n == 0) return cannot_read(path_, "the file became shorter while it was read");
    done += static_cast<size_t>(n);
  }
  return {};
}

LineReader::LineReader(const FileBytes& file) : file_(file) {}

// Keeps the unfinished line, appends the next block behind it.
Status LineReader::fill() {
  block_.erase(0, at_);
  block_offset_ += at_;
  at_ = 0;
  std::string more;
  Status status = file_.read(block_offset_ + block_.size(), std::max(kBlock, block_.size()), more);
  block_ += more;
  return status;
}

Result<bool> LineReader::next(std::string_view& line) {
  size_t searched = 0; // bytes of the line already known to hold no newline
  size_t newline;
  while ((newline = block_.find('\n', at_ + searched)) == block_.npos) {
    searched = block_.size() - at_;
    if (block_offset_ + block_.size() >= file_.size()) break;
    if (Status filled = fill(); !filled) return filled.error();
  }
  torn_ = newline == block_.npos;
  size_t end = torn_ ? block_.size() : newline;
  if (torn_ && end == at_) return false;

  line_offset_ = block_offset_ + at_;
  ++number_;
  line = std::string_view(block_).substr(at_, end - at_);
  at_ = torn_ ? end : end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (number_ == 1 && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
    line_offset_ += kByteOrderMark.size();
  }
  return true;
}

} // namespace proctor
