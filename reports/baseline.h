// SPDX-License-Identifier: MIT
#pragma once

// The baseline file: a run reduced to counts per question, small enough to commit and without a word of any question
// or answer. It reads back as a Summary, so that what compares runs compares baselines. docs/gates.md is normative.

#include <string>
#include <vector>

#include "harness/result.h"
#include "reports/summary.h"

namespace proctor {

inline constexpr const char* kBaselineSchema = "proctor.baseline/1";

std::string write_baseline(const Summary& summary);

// where: for messages. On failure: a usage error.
Result<Summary> parse_baseline(std::string_view text, const std::string& where);

// What must be equal for a difference to mean the model: field names and what differs, sentences.
struct Mismatch {
  std::string field; // of kFingerprintFields
  std::string task;  // empty: of the whole run
  std::string text;
};
inline const std::vector<std::string> kFingerprintFields = {"sampling", "max_tokens", "template",
                                                            "grader",   "prompt",     "questions",
                                                            "thinking", "reasoning_effort", "extra_body"};
std::vector<Mismatch> fingerprint_mismatches(const Summary& baseline, const Summary& run);

} // namespace proctor
