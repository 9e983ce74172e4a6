// SPDX-License-Identifier: MIT
#pragma once

// Where every sample of a recorded file lies. Built record by record in file order, then sealed.

#include <unordered_map>

#include "backends/recorded/json_spans.h"
#include "backends/recorded/record.h"
#include "backends/recorded/recorded.h"

namespace proctor {

struct SampleEntry {
  uint64_t offset = 0; // of the record; of an archive: the entry's number
  uint32_t length = 0;
  uint32_t line = 0;
  uint32_t question = 0;
  int32_t sample = 0;
  uint32_t element = 0; // which of the record's samples
  int8_t label = -1;    // 0, 1, or none
};

class RecordIndex {
 public:
  const std::vector<RecordedQuestion>& questions() const { return questions_; }
  size_t n_samples() const { return entries_.size(); }
  const SampleEntry* find(const std::string& doc_id, int sample) const;
  std::span<const SampleEntry> samples_of(const std::string& doc_id) const;

 private:
  friend class IndexBuilder;
  std::vector<RecordedQuestion> questions_;
  std::unordered_map<std::string, uint32_t> by_id_;
  std::vector<SampleEntry> entries_; // by (question, sample)
};

class IndexBuilder {
 public:
  explicit IndexBuilder(const RecordRules& rules) : rules_(rules) {}

  // Takes one element of the file. On failure: a usage error without the place.
  Status add(JsonValue value, const std::optional<std::string>& key, const JsonSpan& span);

  struct Duplicate {
    uint64_t first_line, second_line;
    std::string doc_id;
    int sample;
  };

  // Sorts the entries; tells the first two records of one sample, when there are.
  std::optional<Duplicate> seal();
  RecordIndex take() { return std::move(index_); }

  // What --map or --expect named and no record had: a usage error.
  Status check_mapped() const;
  std::vector<std::string> notes() const;

 private:
  Result<uint32_t> question_of(const Record& record);
  Result<uint32_t> numbered_question(const Record& record);
  uint32_t add_question(std::string doc_id, const Record& record);
  void note_target(const Record& record, RecordedQuestion& question);
  Status add_samples(const Record& record, const JsonSpan& span, uint32_t first_element);
  bool is_other_filter(const Record& record);

  const RecordRules& rules_;
  RecordIndex index_;
  std::unordered_map<std::string, uint32_t> by_content_; // of records without an id: hash of prompt and target
  std::vector<std::string> first_paths_;                 // of the first record, for suggestions
  std::string filter_;                                   // lm-eval: whose records are read
  unsigned mapped_ = 0;
  bool labelled_ = false;
  bool has_ids_ = false, lacks_ids_ = false;
  uint64_t n_other_filter_ = 0, n_without_prompt_ = 0, n_target_conflicts_ = 0;
};

} // namespace proctor
