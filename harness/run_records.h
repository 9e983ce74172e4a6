// SPDX-License-Identifier: MIT
#pragma once

// The records of a run directory as lines of JSON: one function to write and one to read each kind. docs/run_log.md
// is the normative description. Reading uses simdjson: a run may hold millions of records.

#include <memory>
#include <string>
#include <string_view>

#include "harness/completion.h"
#include "harness/grade.h"

namespace proctor {

struct QuestionRecord {
  std::string task;
  Question question;
  std::string prompt_hash;
  int revision = 0; // raised when the question's reference or metadata was corrected; the highest one counts
};

// Each is one line without its newline; keys of unknown values are absent.
std::string sample_line(const Completion& completion);
std::string grade_line(const Grade& grade);
std::string question_line(const QuestionRecord& record);

// Parses such lines; keeps its buffers between calls. Not thread-safe: one per thread.
class RecordParser {
 public:
  enum class Texts { keep, skip }; // skip: leaves text, reasoning and answer_text empty

  RecordParser();
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;
  RecordParser& operator=(RecordParser&&) noexcept;

  // On failure: a usage error without the place, which the caller adds ("FILE:LINE").
  Result<Completion> sample(std::string_view line, Texts texts = Texts::keep);
  Result<Grade> grade(std::string_view line);
  Result<QuestionRecord> question(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace proctor
