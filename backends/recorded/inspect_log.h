// SPDX-License-Identifier: MIT
#pragma once

// Inspect's .eval logs: zip archives with one JSON text per sample under samples/, packed with deflate or (newer
// versions) zstd, which Debian 12's libzip does not know. The only file that includes zip.h.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/result.h"

struct zip;

namespace proctor {

// Not thread-safe: one reader at a time.
class InspectArchive {
 public:
  struct Entry {
    uint64_t number = 0; // within the archive
    std::string name;    // samples/ID_epoch_N.json
    uint32_t crc = 0;
  };

  static bool is_zip(std::string_view first_bytes);

  // On failure: a usage error that names the file; also when it holds no samples.
  static Result<InspectArchive> open(const std::string& path);

  const std::vector<Entry>& samples() const { return samples_; }
  const std::string& path() const { return path_; }
  Status read(uint64_t number, std::string& out) const;

 private:
  struct Close {
    void operator()(zip* archive) const;
  };
  std::unique_ptr<zip, Close> archive_;
  std::string path_;
  std::vector<Entry> samples_;
};

} // namespace proctor
