// SPDX-License-Identifier: MIT
#include "backends/recorded/record_index.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <tuple>

#include "harness/hash.h"
#include "harness/text/nearest.h"

namespace proctor {
namespace {

auto place_of(const SampleEntry& entry) { return std::pair(entry.question, entry.sample); }

bool comes_before(const SampleEntry& a, const SampleEntry& b) {
  return std::tie(a.question, a.sample, a.line, a.element) < std::tie(b.question, b.sample, b.line, b.element);
}

std::string content_key(const Record& record) {
  auto text = as_text(*record.prompt);
  std::string prompt = text ? std::string(*text) : simdjson::minify(*record.prompt);
  return hash_hex({prompt, record_target(record).value_or("")});
}

} // namespace

std::span<const SampleEntry> RecordIndex::samples_of(const std::string& doc_id) const {
  auto question = by_id_.find(doc_id);
  if (question == by_id_.end()) return {};
  auto begin = std::lower_bound(entries_.begin(), entries_.end(), question->second,
                                [](auto& entry, uint32_t wanted) { return entry.question < wanted; });
  auto end = std::upper_bound(begin, entries_.end(), question->second,
                              [](uint32_t wanted, auto& entry) { return wanted < entry.question; });
  return {begin, end};
}

const SampleEntry* RecordIndex::find(const std::string& doc_id, int sample) const {
  auto samples = samples_of(doc_id);
  auto entry = std::lower_bound(samples.begin(), samples.end(), sample,
                                [](auto& candidate, int wanted) { return candidate.sample < wanted; });
  return entry != samples.end() && entry->sample == sample ? &*entry : nullptr;
}

// lm-eval writes every sample once per filter; the texts are the same.
bool IndexBuilder::is_other_filter(const Record& record) {
  if (record.format->name != FormatName::lm_eval) return false;
  auto filter = find_path(record.value, "filter");
  auto name = filter ? as_text(*filter) : std::nullopt;
  if (!name) return false;
  if (filter_.empty()) filter_ = *name;
  if (filter_ == *name) return false;
  ++n_other_filter_;
  return true;
}

Status IndexBuilder::add(JsonValue value, const std::optional<std::string>& key, const JsonSpan& span) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  if (span.length >= kMost) return usage_error("the record is larger than 4 GB");
  if (first_paths_.empty()) first_paths_ = known_paths(value);
  auto records = read_records(value, key ? std::optional<std::string_view>(*key) : std::nullopt, rules_);
  if (!records) return records.error();
  uint32_t element = 0;
  for (const Record& record : *records) {
    if (!is_other_filter(record))
      if (Status added = add_samples(record, span, element); !added) return added;
    element += static_cast<uint32_t>(record.n_samples());
  }
  return {};
}

Status IndexBuilder::add_samples(const Record& record, const JsonSpan& span, uint32_t first_element) {
  mapped_ |= record.mapped;
  labelled_ = labelled_ || record.label;
  auto question = question_of(record);
  if (!question) return question.error();
  RecordedQuestion& known = index_.questions_[*question];
  int first = record.sample_idx.value_or(known.n_samples);
  for (size_t i = 0; i < record.n_samples(); ++i) {
    auto label = record_label(record, i, rules_);
    if (!label) return label.error();
    int8_t stored = *label ? static_cast<int8_t>(**label) : int8_t{-1};
    index_.entries_.push_back({span.offset, static_cast<uint32_t>(span.length), static_cast<uint32_t>(span.line),
                               *question, first + static_cast<int>(i), first_element + static_cast<uint32_t>(i),
                               stored});
    ++known.n_samples;
  }
  return {};
}

Result<uint32_t> IndexBuilder::question_of(const Record& record) {
  (record.doc_id ? has_ids_ : lacks_ids_) = true;
  if (has_ids_ && lacks_ids_)
    return usage_error(
        fmt::format("this record has {} while earlier ones have {}; name the key with --map doc_id=KEY",
                    record.doc_id ? "a doc_id" : "no doc_id", record.doc_id ? "none" : "one"));
  if (!record.doc_id) return numbered_question(record);
  auto known = index_.by_id_.find(*record.doc_id);
  if (known == index_.by_id_.end()) return add_question(*record.doc_id, record);
  note_target(record, index_.questions_[known->second]);
  return known->second;
}

// Records without an id: equal prompt and target are one question. Without a prompt nothing tells two questions
// with equal targets ("yes") apart, so each record is its own.
Result<uint32_t> IndexBuilder::numbered_question(const Record& record) {
  std::string number = std::to_string(index_.questions_.size());
  if (!record.prompt) {
    ++n_without_prompt_;
    return add_question(std::move(number), record);
  }
  std::string content = content_key(record);
  auto known = by_content_.find(content);
  if (known != by_content_.end()) return known->second;
  uint32_t question = add_question(std::move(number), record);
  by_content_.emplace(std::move(content), question);
  return question;
}

uint32_t IndexBuilder::add_question(std::string doc_id, const Record& record) {
  auto question = static_cast<uint32_t>(index_.questions_.size());
  index_.by_id_.emplace(doc_id, question);
  index_.questions_.push_back({std::move(doc_id), record_messages(record), record_target(record), 0});
  return question;
}

void IndexBuilder::note_target(const Record& record, RecordedQuestion& question) {
  auto target = record_target(record);
  if (!target) return;
  if (!question.target)
    question.target = std::move(target);
  else if (*question.target != *target)
    ++n_target_conflicts_;
}

std::optional<IndexBuilder::Duplicate> IndexBuilder::seal() {
  auto& entries = index_.entries_;
  std::sort(entries.begin(), entries.end(), comes_before);
  auto twice =
      std::adjacent_find(entries.begin(), entries.end(), [](auto& a, auto& b) { return place_of(a) == place_of(b); });
  if (twice == entries.end()) return std::nullopt;
  return Duplicate{twice->line, std::next(twice)->line, index_.questions_[twice->question].doc_id, twice->sample};
}

Status IndexBuilder::check_mapped() const {
  auto never = [&](std::string_view option, const std::string& path) {
    return usage_error(fmt::format("no record has {} ({}){}", path, option, did_you_mean(path, first_paths_)));
  };
  for (size_t i = 0; i < kRoleNames.size(); ++i) {
    const std::string* path = rules_.map.path(static_cast<Role>(i));
    if (path != nullptr && (mapped_ & (1U << i)) == 0)
      return never(fmt::format("--map {}={}", kRoleNames[i], *path), *path);
  }
  if (!rules_.expect.empty() && !labelled_) return never("--expect " + rules_.expect, rules_.expect);
  return {};
}

std::vector<std::string> IndexBuilder::notes() const {
  std::vector<std::string> notes;
  if (n_other_filter_ > 0)
    notes.push_back(fmt::format("{} records of other filters than '{}' skipped: their completions are the same",
                                n_other_filter_, filter_));
  if (n_without_prompt_ > 0)
    notes.push_back(fmt::format("{} records have neither doc_id nor prompt: each counts as a question of its own "
                                "(--map doc_id=KEY or prompt=KEY tells which belong together)",
                                n_without_prompt_));
  if (n_target_conflicts_ > 0)
    notes.push_back(fmt::format("{} records give another target than their question's first record, which is used",
                                n_target_conflicts_));
  return notes;
}

} // namespace proctor
