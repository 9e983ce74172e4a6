// SPDX-License-Identifier: MIT
#pragma once

// How answers are sampled. Every field is part of a run's identity: changed sampling never reuses old samples.

#include <optional>
#include <string>
#include <vector>

#include "harness/json.h"

namespace proctor {

// The defaults are DeepSeek-R1's evaluation settings (arXiv 2501.12948, section 3: temperature 0.6, top-p 0.95,
// at most 32,768 tokens).
struct Sampling {
  double temperature = 0.6;      // 0: greedy
  double top_p = 0.95;           // 1: off
  int top_k = 0;                 // 0: off
  double min_p = 0;              // 0: off
  int max_tokens = 32768;        // thinking and answer together
  std::vector<std::string> stop; // applied to the answer only, never while thinking
  bool operator==(const Sampling&) const = default;
};

// On failure: a usage error that names the field and its range.
Status validate(const Sampling& sampling);

Json to_json(const Sampling& sampling);

} // namespace proctor
