// SPDX-License-Identifier: MIT
#pragma once

// An append-only file of lines that survives a kill at any byte: opening it for appending first repairs what a kill
// left behind, so that no record is ever glued to a torn one. One writer per file.

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/result.h"

namespace proctor {

class Journal {
 public:
  // Creates the file, with `header` as its first line unless that is empty, or opens it and repairs its tail: a
  // complete last record without its newline gets one, a torn one is cut off. On failure: an infrastructure error.
  static Result<Journal> open(const std::string& path, std::string_view header);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&& other) noexcept;
  ~Journal();

  // One line, without its newline. When it fails (a full disk) the file is as it was before.
  Status append(std::string_view line);

  // Returns when everything appended so far is on the disk itself.
  Status sync();

  uint64_t size() const { return size_; }
  uint64_t cut_bytes() const { return cut_bytes_; } // of the torn record that open() removed, 0: none

 private:
  Journal(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Status repair();
  int fd_ = -1;
  std::string path_;
  uint64_t size_ = 0;
  uint64_t writeback_ = 0; // bytes that the kernel was asked to write
  uint64_t cut_bytes_ = 0;
  bool dirty_ = false;
};

// Whether a file is on the disk itself before it takes its name. What the log can give again may be lost in a power cut.
enum class Durable { yes, no };

// Replaces the file's content in one step: a reader sees the old or the new text, never a part. A symlink stays, and
// what it leads to is replaced; what is no regular file (a device, a pipe, /dev/stdout) is written to. On failure: an
// infrastructure error.
Status write_file_atomically(const std::string& path, std::string_view content, Durable durable = Durable::yes);

} // namespace proctor
