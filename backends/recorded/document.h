// SPDX-License-Identifier: MIT
#pragma once

// A file of records as a sequence of JSON texts, whatever holds them together: lines, one array, one object
// id -> text, one record, or the "samples" of an Inspect JSON log.

#include <functional>
#include <optional>

#include "backends/recorded/formats.h"
#include "backends/recorded/json_spans.h"
#include "harness/hash.h"
#include "harness/text/file_bytes.h"

namespace proctor {

struct RecordText {
  std::optional<std::string> key; // the id, in an id -> text object
  JsonSpan span;                  // within the file
  bool torn = false;              // a last line without its newline
};

// Gets each text in a buffer that it may enlarge. An error stops the reading.
using TextVisitor = std::function<Status(const RecordText&, std::string& text)>;

class RecordDocument {
 public:
  // Finds out what the file is; an object is gone through once. Keeps the reference.
  static Result<RecordDocument> open(const FileBytes& file, const KeyMap& map);

  bool is_inspect() const { return kind_ == Kind::inspect; }

  // Visits every record in order and hashes what it reads. Errors of the container name FILE:LINE; the visitor's
  // are passed on as they are.
  Status visit(Hasher& hasher, const TextVisitor& visitor) const;

 private:
  enum class Kind { lines, array, members, record, inspect };

  explicit RecordDocument(const FileBytes& file) : file_(&file) {}
  Status read_members(const KeyMap& map);
  Status classify(const KeyMap& map);
  Status visit_lines(Hasher& hasher, const TextVisitor& visitor) const;
  Status visit_members(const TextVisitor& visitor) const;
  Status visit_container(const JsonSpan& span, bool until_end, const TextVisitor& visitor) const;
  Status visit_element(const JsonElement& element, const TextVisitor& visitor, std::string& buffer) const;
  Status hash_all(Hasher& hasher) const;

  const FileBytes* file_;
  Kind kind_ = Kind::lines;
  JsonSpan container_;               // of array, record, inspect; of the object that holds the members
  std::vector<JsonElement> members_; // of one object
};

} // namespace proctor
