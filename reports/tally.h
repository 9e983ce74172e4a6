// SPDX-License-Identifier: MIT
#pragma once

// RunTally: the small fields of every record of a run, in rows of less than 100 bytes with strings interned, so that a
// million grades need well under 200 MB. It takes records in any order, decides which of several records of one
// key counts, and hands the rows back sorted. Owns all that it keeps; not thread-safe.

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/run_reader.h"
#include "reports/short_hash.h"
#include "reports/summary.h"

namespace proctor {

// Small numbers for strings, 0 for the empty one. Views stay valid as long as the pool.
class StringPool {
 public:
  StringPool() { id(""); }
  StringPool(StringPool&&) = default;
  StringPool& operator=(StringPool&&) = default;
  uint32_t id(std::string_view text);
  std::string_view text(uint32_t id) const { return texts_[id]; }

 private:
  std::deque<std::string> texts_; // a deque never moves its strings
  std::unordered_map<std::string_view, uint32_t> ids_;
};

struct QuestionFacts {
  uint32_t task = 0; // in the order of appearance
  std::string doc_id, level, cluster;
  bool asked = false;       // stands in questions.jsonl
  ShortHash prompt, target; // not known when it does not
};

struct SampleRow {
  uint32_t question = 0;
  int32_t sample_idx = 0;
  uint32_t file = 0; // of names()
  CompletionStatus status = CompletionStatus::complete;
  uint64_t offset = 0;
  int64_t completion_tokens = -1; // -1: not known, here and below
  int32_t prompt_tokens = -1, cached_tokens = -1, reasoning_tokens = -1;
  float mean_logprob = 1; // of its completion tokens; above 0: not known
  double reported_usd = -1;
  float seconds = -1, step_seconds = -1; // as in the record

  Usage usage() const;
};

struct GradeRow {
  uint32_t question = 0;
  uint32_t slot = 0; // of names()
  int32_t sample_idx = 0;
  uint32_t vote = 0;   // of names(); 0: none
  uint32_t answer = 0; // of names(); 0: as the vote key
  uint32_t reason = 0; // of names()
  uint32_t basis = 0;  // of names(): credit_basis
  int32_t characters = -1;
  Verdict verdict = Verdict::not_graded;
  int8_t format_ok = -1; // -1: does not apply
  // What the trace holds (harness/text/trace_stats.h); -1: not counted.
  int8_t loop = -1;
  int32_t words = -1, foreign_words = -1, reflective = -1, aha = -1, wait = -1, reasoning_characters = -1;
  float overthinking = -1;
  uint32_t file = 0; // of names()
  uint64_t offset = 0;
};

class RunTally {
 public:
  void add(const QuestionRecord& record);
  void add(const Completion& completion, const RecordPlace& place);
  void add(const Grade& grade, const RecordPlace& place);

  // To be called once, after the last record: sorts, and keeps one record per key. Of samples the first that is not
  // an error; where there is none, the last. (A later record supersedes an error; a finished one is never superseded.)
  // Verdicts without a finished sample are dropped. Of others the last counts, because earlier ones are of a text that
  // was lost; but the first where the sample is finished twice.
  void settle();

  const std::vector<std::string>& tasks() const { return tasks_; }
  const std::deque<QuestionFacts>& questions() const { return questions_; }
  const QuestionFacts* find_question(const std::string& task, const std::string& doc_id) const; // null: none
  const TokenSums& tokens(size_t task) const { return tokens_[task]; }
  int64_t n_lost_grades(size_t task) const { return n_lost_grades_[task]; } // dropped; after settle()
  const StringPool& names() const { return names_; }

  // After settle(): by question, slot and sample.
  std::span<const SampleRow> samples() const { return samples_; }
  std::span<const SampleRow> superseded() const { return superseded_; } // paid for, counted nowhere else; by question
  std::span<const GradeRow> grades() const { return grades_; }
  const SampleRow* find_sample(uint32_t question, int sample_idx) const;
  template <class Row> RecordPlace place(const Row& row) const { return {std::string(names_.text(row.file)), row.offset}; }

 private:
  uint32_t task_id(const std::string& task);
  uint32_t question_id(const std::string& task, const std::string& doc_id);
  uint32_t vote_id(std::string_view key);
  void drop_lost_grades();

  StringPool names_;
  std::vector<std::string> tasks_;
  std::vector<TokenSums> tokens_; // by task
  std::vector<int64_t> n_lost_grades_; // by task
  std::deque<QuestionFacts> questions_; // never holds twice what it needs, as a growing vector does
  std::unordered_map<std::string, uint32_t> question_ids_; // "TASK\0DOC_ID"
  std::vector<SampleRow> samples_, superseded_;
  std::vector<GradeRow> grades_;
};

} // namespace proctor
