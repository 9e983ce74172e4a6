// SPDX-License-Identifier: MIT
#pragma once

// The run log of one run for one writer: what is logged already, and where new records go. docs/run_log.md is the
// normative description of the files.

#include <map>
#include <string>

#include "harness/grading_table.h"
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
  size_t n_lost_grades = 0; // whose samples are not there

  bool graded(const SampleKey& key, std::string_view slot) const;
};

// On failure: a usage error for a corrupt log. A grade counts when the table holds it; an empty table: none.
Result<LoggedState> read_logged_state(const std::string& dir, const GradingTable& table);

// Tells the source every grade that counts in `state`, each once, as if it were made now: what a source wants next
// must not depend on how often a run was interrupted.
Status replay_grades(const std::string& dir, const GradingTable& table, const LoggedState& state, WorkSource& source);

class RunLog {
 public:
  // Opens the three journals of this shard for appending, repairing torn tails. grades: the kind of the grade file,
  // "grades" or, while a run is graded again, kNewGrades.
  static Result<RunLog> open(const std::string& dir, const std::string& run_id, Shard shard,
                             std::string_view grades = "grades");

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

// Takes the grades whose samples are lost (deleted, or never on the disk after a power cut) out of the files that this
// process writes; the old files stay as grades.<k>.jsonl. To be called before a session generates: a grade belongs to
// one text, and another will stand in its sample's place. Returns how many there were.
Result<size_t> set_aside_lost_grades(const std::string& dir, Shard shard, const SampleSet& samples);

inline constexpr std::string_view kNewGrades = "grades.new"; // no reader takes it

// Puts the finished grades.new.jsonl in the place of every current grade file; those stay as grades.<k>.jsonl.
Status adopt_new_grades(const std::string& dir);

} // namespace proctor
