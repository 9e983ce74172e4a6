// SPDX-License-Identifier: MIT
#pragma once

// Whether a task's data is what it was when it was pinned, and whether every reference answer passes the task's own
// grader.

#include <string>
#include <vector>

#include "tasks/catalog.h"

namespace proctor {

// Lower-case hex, of the unpacked content or of the file as it is. On failure: a usage error that names the file.
Result<std::string> sha256_of_content(const std::string& path);
Result<std::string> sha256_of_file(const std::string& path);

// Where a pulled file came from is kept beside it, in FILE.origin.json.
Status write_origin(const std::string& path, std::string_view origin, std::string_view licence,
                    std::string_view sha256);

// One line for each of these files whose content is not the pinned one of its name, or not what was pulled.
std::vector<std::string> changed_notes(const std::vector<std::string>& paths);

// The same for the files that load_task would read, each line with the task before it.
std::vector<std::string> data_notes(const std::string& task, const TaskOptions& options);

// A reference answer that its own grader does not take for correct.
struct GoldFlaw {
  std::string doc_id, target, verdict, explanation;
};

// Nothing is checked for questions whose reference is a set of tests without a solution: n_without.
struct GoldCheck {
  size_t n_checked = 0, n_without = 0;
  std::vector<GoldFlaw> flaws;
};
GoldCheck check_golds(const Task& task);

} // namespace proctor
