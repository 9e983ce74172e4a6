// SPDX-License-Identifier: MIT
#pragma once

// recorded:FILE, a Backend that replays completions from a file (docs/recorded.md lists the formats). One pass
// indexes the file, a few dozen bytes per sample; records are read again one by one when their turn comes, so that
// a file of any size needs flat memory.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"

namespace proctor {

struct RecordedOptions {
  std::string path;
  std::map<std::string, std::string> map; // --map: completion=a.b.c, target=gold, ...: canonical key -> dotted path
  std::string expect;                     // --expect: dotted path of a recorded label, or empty
};

// What the file says about a question, from the first record that names it.
struct RecordedQuestion {
  std::string doc_id;
  std::vector<Message> messages;     // the prompt; empty when not recorded
  std::optional<std::string> target; // the reference, as text
  int n_samples = 0;
};

// An opened and indexed file. Immutable; concurrent use of the const methods is fine.
class RecordedFile {
 public:
  // On failure: a usage error that names the file, and FILE:LINE where a record is wrong.
  static Result<RecordedFile> open(RecordedOptions options);
  RecordedFile(RecordedFile&&) noexcept;
  RecordedFile& operator=(RecordedFile&&) noexcept;
  ~RecordedFile();

  const std::string& path() const;
  const std::vector<RecordedQuestion>& questions() const; // in the order of their first records
  size_t n_samples() const;                               // of all questions
  const std::string& digest() const;                      // of content and map
  const std::vector<std::string>& notes() const;          // for stderr: a torn last line, repaired bytes, ...

  // The sample indices of a question, ascending; usually 0 to n_samples - 1. Empty for an unknown question.
  std::vector<int> sample_indices(const std::string& doc_id) const;

  // The recorded label; absent where there is none, or no such sample.
  std::optional<bool> label(const std::string& doc_id, int sample_idx) const;

 private:
  friend class RecordedReader;
  struct Impl;
  explicit RecordedFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Reads single samples; keeps its buffers between calls. Not thread-safe, and an Inspect archive admits one reader
// at a time. The file must outlive it.
class RecordedReader {
 public:
  explicit RecordedReader(const RecordedFile& file);
  ~RecordedReader();
  RecordedReader(const RecordedReader&) = delete;
  RecordedReader& operator=(const RecordedReader&) = delete;

  // The completion of an item, split into thinking and answer; one that the file does not have is a completion with
  // status error. On failure: the file cannot be read any more, or has changed.
  Result<Completion> read(const WorkItem& item);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Serves items by (doc_id, sample_idx), whatever their task. The file must outlive the backend.
std::unique_ptr<Backend> make_recorded_backend(const RecordedFile& file);

} // namespace proctor
