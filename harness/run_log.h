// SPDX-License-Identifier: MIT
#pragma once

// The run log of one run for one writer: what is logged already, and where new records go. docs/run_log.md is the
// normative description of the files.

#include <map>
#include <string>

#include "harness/journal.h"
#include "harness/plan.h"
#include "harness/run_records.h"
#include "harness/task.h"

namespace proctor {

// samples.jsonl and its siblings, or samples.I-of-N.jsonl for a shard.
std::string record_file(const std::string& dir, std::string_view kind, Shard shard);

// What a run directory holds when it is opened again.
struct LoggedState {
  SampleSet samples;                                    // finished, whoever wrote them; error records are not
  std::map<std::string, SampleSet, std::less<>> grades; // by grader slot
  std::map<std::pair<std::string, std::string>, std::string> prompt_hashes; // (task, doc_id) of the samples

  bool graded(const SampleKey& key, std::string_view slot) const;
};

// On failure: a usage error for a corrupt log. grades_current: false ignores the grades (they will be made anew).
Result<LoggedState> read_logged_state(const std::string& dir, bool grades_current);

class RunLog {
 public:
  // Opens the three journals of this shard for appending, repairing torn tails.
  static Result<RunLog> open(const std::string& dir, const std::string& run_id, Shard shard);

  Status append_sample(std::string_view line) { return samples_.append(line); }
  Status append_grade(std::string_view line) { return grades_.append(line); }
  Status append_question(std::string_view line) { return questions_.append(line); }
  Status sync();

  uint64_t samples_size() const { return samples_.size(); } // where the next sample will begin
  uint64_t cut_bytes() const { return samples_.cut_bytes() + grades_.cut_bytes() + questions_.cut_bytes(); }

 private:
  RunLog(Journal samples, Journal grades, Journal questions)
      : samples_(std::move(samples)), grades_(std::move(grades)), questions_(std::move(questions)) {}
  Journal samples_, grades_, questions_;
};

// Moves this shard's grade file aside as grades.<k>.jsonl, the next free k. Nothing to do when there is none.
Status retire_grades(const std::string& dir, Shard shard);

// The same for the grade files of every shard.
Status retire_all_grades(const std::string& dir);

} // namespace proctor
