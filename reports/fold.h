// SPDX-License-Identifier: MIT
#pragma once

// fold_run: run directory -> Summary. Reads every small field once and the texts of a handful of examples; memory
// grows with the number of grades, not with the length of the traces. A pure function of the directory: never
// generates, never grades.

#include <functional>
#include <string>
#include <vector>

#include "harness/grader.h"
#include "harness/run_reader.h"
#include "reports/summary.h"

namespace proctor {

// Gives same_answer for a task's grader slot; nullptr: equal vote keys make a class.
using GraderLookup = std::function<const Grader*(const std::string& task, const std::string& slot)>;

struct FoldOptions {
  std::vector<int> extra_k = {};   // beside 1, 2, 4, ..., n
  size_t max_text_bytes = 6000;    // per text of an example
  double truncated_warning = 0.02; // a larger share of truncated samples is a warning
  std::optional<Pricing> pricing = {}; // in the place of run.json's
  std::string reference = {};          // so is this published model
};

// On failure: the reader's error (a corrupt log).
Result<Summary> fold_run(const RunReader& reader, const GraderLookup& graders, const FoldOptions& options);

} // namespace proctor
