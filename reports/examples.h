// SPDX-License-Identifier: MIT
#pragma once

// Picks the few samples that a report shows in full, and fetches their texts from the run directory.

#include <string>
#include <vector>

#include "harness/run_reader.h"
#include "reports/summary.h"
#include "reports/tally.h"

namespace proctor {

// For every task, under its first grader: the first correct and the first wrong sample, the first truncated one and
// one of the most divided vote, each where there is one and from different questions where possible. On failure: the
// reader's error.
Status add_examples(const RunReader& reader, const RunTally& tally, size_t max_text_bytes, Summary& summary);

} // namespace proctor
