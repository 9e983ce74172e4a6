// SPDX-License-Identifier: MIT
#pragma once

// Picks the few samples that a report shows in full, and fetches their texts from the run directory.

#include <string>
#include <vector>

#include "harness/run_reader.h"
#include "reports/summary.h"
#include "reports/tally.h"

namespace proctor {

// For every task, under its first grader, each where there is one and from different questions where possible: the wrong
// answer that most samples of a question agree on, the most divided vote, a correct sample of the question solved least
// often, another wrong sample, and a truncated one. On failure: the reader's error.
Status add_examples(const RunReader& reader, const RunTally& tally, size_t max_text_bytes, Summary& summary);

} // namespace proctor
