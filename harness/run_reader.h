// SPDX-License-Identifier: MIT
#pragma once

// Reads a run directory back: questions*.jsonl, samples*.jsonl[.zst], grades*.jsonl, run.json. Reports, show and
// grade RUN need nothing else. A torn last line is a kill's trace and is skipped; any other bad line is an error
// with file:line.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run_records.h"

namespace proctor {

constexpr std::string_view kRunSchema = "proctor.run/1"; // "schema" of run.json

// Where a record lies, to fetch its text later.
struct RecordPlace {
  std::string file; // absolute or relative to the working directory
  uint64_t offset = 0;
};

// The current files of one kind ("samples", "grades", "questions") in a run directory: KIND.jsonl and
// KIND.I-of-N.jsonl, each perhaps with .zst; sorted.
std::vector<std::string> record_files(const std::string& dir, std::string_view kind);

// The sample at that place, with its texts; the grade at that place.
Result<Completion> read_sample(const RecordPlace& place);
Result<Grade> read_grade(const RecordPlace& place);

class RunReader {
 public:
  // dir: a run directory, or a file in one. On failure: a usage error that says what is missing.
  static Result<RunReader> open(const std::string& dir);

  const std::string& dir() const { return dir_; }
  // The whole of run.json; what was spent is counted from the heartbeats, where there are any (heartbeat.h).
  const Json& run_json() const { return run_json_; }

  // Every question once, in its newest revision, in the order in which they were first asked.
  Status questions(const std::function<Status(QuestionRecord&&)>& visit) const;

  // Every record in file order, error records and superseded ones included.
  Status samples(RecordParser::Texts texts,
                 const std::function<Status(Completion&&, const RecordPlace&)>& visit) const;

  // The newest grade file of each shard.
  Status grades(const std::function<Status(Grade&&, const RecordPlace&)>& visit) const;

 private:
  std::string dir_;
  Json run_json_;
};

} // namespace proctor
