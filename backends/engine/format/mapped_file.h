// SPDX-License-Identifier: MIT
#pragma once

// A weight file mapped read-only into memory, or one that is part of this program (embedded.h). Movable; views into it
// live as long as it does.

#include <cstdint>
#include <span>
#include <string>

#include "harness/result.h"

namespace proctor {

class MappedFile {
 public:
  // On failure: a usage error that names the file.
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const uint8_t> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

 private:
  MappedFile(std::span<const uint8_t> bytes, std::string path, bool mapped)
      : bytes_(bytes), path_(std::move(path)), mapped_(mapped) {}
  std::span<const uint8_t> bytes_;
  std::string path_;
  bool mapped_ = false; // and to be unmapped
};

// Identifies the content of a large file without reading it all: its size, its first MiB and blocks sampled from the
// rest. A changed weight is found unless it hides between the samples.
std::string sampled_digest(const MappedFile& file);

} // namespace proctor
