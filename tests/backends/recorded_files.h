// SPDX-License-Identifier: MIT
#pragma once

// What the tests of backends/recorded share: files that vanish with the test, and one way to open and replay them.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

#include "backends/recorded/recorded.h"

namespace proctor {

class RecordedTestFile {
 public:
  RecordedTestFile(std::string_view name, std::string_view content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "proctor-recorded-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    path_ = dir_ + "/" + std::string(name);
    std::ofstream(path_, std::ios::binary) << content;
  }
  RecordedTestFile(const RecordedTestFile&) = delete;
  RecordedTestFile& operator=(const RecordedTestFile&) = delete;
  ~RecordedTestFile() { std::filesystem::remove_all(dir_); }

  const std::string& path() const { return path_; }
  const std::string& dir() const { return dir_; }

 private:
  std::string dir_;
  std::string path_;
};

using RecordedMap = std::map<std::string, std::string>;

inline Result<RecordedFile> open_recorded(const std::string& path, RecordedMap map = {}, std::string expect = {}) {
  return RecordedFile::open({path, std::move(map), std::move(expect)});
}

inline WorkItem recorded_item(std::string doc_id, int sample = 0) {
  WorkItem item;
  item.key = {"task", std::move(doc_id), sample};
  item.prompt_hash = "hash";
  item.seed = 17;
  return item;
}

// The completion of one sample; one with status error and the message when it cannot be read at all.
inline Completion replay(const RecordedFile& file, const std::string& doc_id, int sample = 0) {
  RecordedReader reader(file);
  auto completion = reader.read(recorded_item(doc_id, sample));
  if (completion) return std::move(*completion);
  Completion failed;
  failed.status = CompletionStatus::error;
  failed.error = completion.error().message;
  return failed;
}

} // namespace proctor
