// SPDX-License-Identifier: MIT
#include "harness/run_log.h"

#include <filesystem>
#include <fmt/format.h>

#include "harness/run_reader.h"
#include "harness/text/file_bytes.h"
#include "harness/text/json_text.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

// grades.jsonl -> grades.1.jsonl, or the next k that is free.
Status retire(const std::string& current) {
  std::error_code error;
  if (!fs::exists(current, error)) return {};
  size_t stem = current.rfind(".jsonl"); // perhaps with .zst behind it
  for (int k = 1;; ++k) {
    std::string old = fmt::format("{}.{}{}", current.substr(0, stem), k, current.substr(stem));
    if (fs::exists(old, error)) continue;
    fs::rename(current, old, error);
    if (error) return infrastructure_error(fmt::format("cannot rename {} to {}: {}", current, old, error.message()));
    return {};
  }
}

// "Not graded" judges no text, so it has none to lose.
bool is_lost(const Grade& grade, const SampleSet& samples) {
  const auto& [task, doc_id, sample_idx] = grade.key;
  return grade.verdict != Verdict::not_graded && !samples.contains(task, doc_id, sample_idx);
}

// Copies the grades that are not lost, line for line; how many are.
Result<size_t> copy_kept(const std::string& from, const std::string& to, const SampleSet& samples) {
  auto file = FileBytes::open(from);
  if (!file) return file.error();
  auto kept = Journal::open(to, "");
  if (!kept) return kept.error();
  LineReader lines(*file);
  RecordParser parser;
  size_t n_lost = 0;
  for (std::string_view line;;) {
    auto more = lines.next(line);
    if (!more) return more.error();
    if (!*more) break;
    auto grade = parser.grade(line);
    if (!grade && !lines.torn()) return usage_error(fmt::format("{}:{}: {}", from, lines.number(), grade.error().message));
    if (!grade) continue;
    const bool lost = is_lost(*grade, samples);
    n_lost += lost;
    if (Status copied = lost ? Status() : kept->append(line); !copied) return copied.error();
  }
  if (Status synced = kept->sync(); !synced) return synced.error();
  return n_lost;
}

} // namespace

std::string record_file(const std::string& dir, std::string_view kind, Shard shard) {
  if (shard.count == 1) return fmt::format("{}/{}.jsonl", dir, kind);
  return fmt::format("{}/{}.{}-of-{}.jsonl", dir, kind, shard.index + 1, shard.count);
}

bool LoggedState::graded(const SampleKey& key, std::string_view slot) const {
  auto of_slot = grades.find(slot);
  return of_slot != grades.end() && of_slot->second.contains(key.task, key.doc_id, key.sample_idx);
}

Result<LoggedState> read_logged_state(const std::string& dir, const GradingTable& table) {
  LoggedState state;
  auto reader = RunReader::open(dir);
  if (!reader) return reader.error();
  Status samples = reader->samples(RecordParser::Texts::skip, [&](Completion&& completion, const RecordPlace&) {
    if (completion.status == CompletionStatus::error) return Status();
    const SampleKey& key = completion.key;
    state.samples.add(key.task, key.doc_id, key.sample_idx);
    state.prompt_hashes.try_emplace({key.task, key.doc_id}, completion.prompt_hash);
    return Status();
  });
  if (!samples) return samples.error();
  // A grade counts only with its sample, so that a superseding sample is graded again.
  Status grades = reader->grades([&](Grade&& grade, const RecordPlace&) {
    const SampleKey& key = grade.key;
    bool finished = grade.reason != "backend_error" && state.samples.contains(key.task, key.doc_id, key.sample_idx);
    state.n_lost_grades += is_lost(grade, state.samples);
    if (finished && table.holds(grade))
      state.grades[grade.grader].add(key.task, key.doc_id, key.sample_idx);
    return Status();
  });
  if (!grades) return grades.error();
  return state;
}

Status replay_grades(const std::string& dir, const GradingTable& table, const LoggedState& state, WorkSource& source) {
  if (state.grades.empty()) return {};
  auto reader = RunReader::open(dir);
  if (!reader) return reader.error();
  std::map<std::string, SampleSet, std::less<>> told; // by grader slot
  return reader->grades([&](Grade&& grade, const RecordPlace&) {
    const auto& [task, doc_id, sample_idx] = grade.key;
    SampleSet& of_slot = told[grade.grader];
    bool counts = state.graded(grade.key, grade.grader) && table.holds(grade) && grade.reason != "backend_error";
    if (!counts || of_slot.contains(task, doc_id, sample_idx)) return Status();
    of_slot.add(task, doc_id, sample_idx);
    source.seen(grade);
    return Status();
  });
}

Result<RunLog> RunLog::open(const std::string& dir, const std::string& run_id, Shard shard,
                            std::string_view grades_kind) {
  ObjectWriter header;
  header.text("schema", "proctor.samples/1");
  header.text("run", run_id);
  auto samples = Journal::open(record_file(dir, "samples", shard), std::move(header).finish());
  if (!samples) return samples.error();
  auto grades = Journal::open(record_file(dir, grades_kind, shard), "");
  if (!grades) return grades.error();
  auto questions = Journal::open(record_file(dir, "questions", shard), "");
  if (!questions) return questions.error();
  return RunLog(std::move(*samples), std::move(*grades), std::move(*questions));
}

Status RunLog::sync() {
  for (Journal* journal : {&questions_, &samples_, &grades_})
    if (Status status = journal->sync(); !status) return status;
  return {};
}

// A compressed file is an archive that nobody appends to; it stays as it is.
Result<size_t> set_aside_lost_grades(const std::string& dir, Shard shard, const SampleSet& samples) {
  std::vector<std::string> files = record_files(dir, "grades");
  std::erase_if(files, [&](const std::string& file) {
    return !file.ends_with(".jsonl") || (shard.count > 1 && fs::path(file).filename() != fs::path(record_file(dir, "grades", shard)).filename());
  });
  size_t n_lost = 0;
  for (const std::string& file : files) {
    const std::string kept = file + ".new"; // no reader takes it
    std::error_code error;
    fs::remove(kept, error); // of a process that was killed here
    auto lost = copy_kept(file, kept, samples);
    if (!lost) return lost.error();
    n_lost += *lost;
    if (*lost == 0) {
      fs::remove(kept, error);
      continue;
    }
    if (Status retired = retire(file); !retired) return retired.error();
    fs::rename(kept, file, error);
    if (error) return infrastructure_error(fmt::format("cannot rename {} to {}: {}", kept, file, error.message()));
  }
  return n_lost;
}

Status adopt_new_grades(const std::string& dir) {
  for (const std::string& file : record_files(dir, "grades"))
    if (Status retired = retire(file); !retired) return retired;
  std::error_code error;
  fs::rename(record_file(dir, kNewGrades, {}), record_file(dir, "grades", {}), error);
  if (error) return infrastructure_error(fmt::format("cannot rename the new grades in {}: {}", dir, error.message()));
  return {};
}

} // namespace proctor
