// SPDX-License-Identifier: MIT
#pragma once

// One record of a recorded file, whatever its format: where its id, texts, target and label are. Reading is pure;
// every value refers to the parser's buffers and dies with its next parse().

#include "backends/recorded/formats.h"

namespace proctor {

// How the user and the container want records read.
struct RecordRules {
  KeyMap map;
  std::string expect;      // dotted path of the recorded label; empty: none
  bool is_inspect = false; // the container is an Inspect log
};

struct Record {
  JsonValue value; // the object, or the bare text(s) of an id -> text file
  const Format* format = nullptr;
  std::optional<std::string> doc_id;
  std::optional<int> sample_idx;
  std::vector<JsonValue> completions;
  std::string completion_key; // last part of the path they came from
  std::string error;          // the backend had failed: one sample, without a text
  std::optional<JsonValue> target, prompt, finish_reason, usage, reasoning, prefilled_think, label;
  std::vector<std::string_view> used; // top-level keys that other fields of a Completion hold
  unsigned mapped = 0;                // bit per Role: the path given by --map was there

  size_t n_samples() const { return error.empty() ? completions.size() : 1; }
};

// The records in one element of a file: an object is one; under an id (`key`, unescaped; nullopt elsewhere) also a
// text, a list of texts, a list of records. On failure: a usage error without the place.
Result<std::vector<Record>> read_records(JsonValue value, std::optional<std::string_view> key,
                                         const RecordRules& rules);

// What the record says about its question.
std::vector<Message> record_messages(const Record& record);
std::optional<std::string> record_target(const Record& record);

// The label of one of the record's samples: absent, true or false. On failure: a usage error without the place.
Result<std::optional<bool>> record_label(const Record& record, size_t sample, const RecordRules& rules);

// Fills everything of the completion but key, prompt_hash and seed, and splits it. prefilled: the item's prompt
// opened the thinking.
void fill_completion(const Record& record, size_t sample, bool prefilled, Completion& completion);

} // namespace proctor
