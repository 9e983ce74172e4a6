// SPDX-License-Identifier: MIT
#pragma once

// Reading files that users hand in: plain, .gz or .zst by their content (magic bytes), with or without a
// UTF-8 byte order mark. Every failure is a usage error that names the file and what is wrong with it: missing,
// a directory, not readable, damaged compression.

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/result.h"

namespace proctor {

// The whole file, unpacked, without a byte order mark.
Result<std::string> read_text_file(const std::string& path);

// Random access to the bytes of a file of any size in flat memory. A compressed file is unpacked once into an
// unlinked temporary file. Movable, owns its descriptor; read() is thread-safe.
class FileBytes {
 public:
  static Result<FileBytes> open(const std::string& path);
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  ~FileBytes();

  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

  // Replaces `out` by bytes [offset, offset + length), fewer at the end of the file.
  Status read(uint64_t offset, size_t length, std::string& out) const;

 private:
  FileBytes(int fd, uint64_t size, std::string path) : fd_(fd), size_(size), path_(std::move(path)) {}
  int fd_ = -1;
  uint64_t size_ = 0;
  std::string path_;
};

// Goes through a FileBytes line by line without holding more than one line and one block.
class LineReader {
 public:
  explicit LineReader(const FileBytes& file);

  // The next line without "\n" or "\r\n" (and without the file's byte order mark), valid until the next call;
  // false at the end. `torn`: the last line had no newline.
  Result<bool> next(std::string_view& line);
  uint64_t offset() const { return line_offset_; } // of the line that next() returned
  uint64_t number() const { return number_; }      // of that line, from 1
  bool torn() const { return torn_; }

 private:
  Status fill();
  const FileBytes& file_;
  std::string block_;
  size_t at_ = 0;
  uint64_t block_offset_ = 0;
  uint64_t line_offset_ = 0;
  uint64_t number_ = 0;
  bool torn_ = false;
};

} // namespace proctor
