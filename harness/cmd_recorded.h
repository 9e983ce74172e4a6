// SPDX-License-Identifier: MIT
#pragma once

// Joins a file of recorded completions with a task: the file's own questions for a generic task, else the task's,
// matched by id or by position.

#include "backends/recorded/recorded.h"
#include "harness/cmd_evaluate.h"

namespace proctor {

// Loads the task for that file. `count`: at most so many samples per question. Notes for stderr are appended to
// `notes`. On failure: a usage error (ids that match nothing, no reference answers).
Result<LoadedTask> load_recorded_task(const TaskSpec& spec, const TaskOptions& options, const RecordedFile& file,
                                      std::vector<std::string>& notes);

} // namespace proctor
