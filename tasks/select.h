// SPDX-License-Identifier: MIT
#pragma once

// Which questions of a task are asked: --limit and named ids.

#include <optional>
#include <string>
#include <vector>

#include "harness/task.h"
#include "tasks/catalog.h"

namespace proctor {

// How many of n questions a limit leaves: itself from 1 up, below 1 that fraction (rounded up); at least 1, at most
// n.
// On failure: a usage error for a limit that is neither a whole number nor a fraction.
Result<size_t> limited(std::optional<double> limit, size_t n);

// Keeps the questions with these ids (all, when empty), in the task's order. On failure: a usage error that names the
// nearest ids.
Status keep_doc_ids(const std::vector<std::string>& doc_ids, Task& task);

// Of all the questions that a task's data holds, counted in n_available: those that --samples names, else those that
// --limit leaves. On failure: as the two above.
Status limit_questions(const TaskOptions& options, Task& task);

} // namespace proctor
