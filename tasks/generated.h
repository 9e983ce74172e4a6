// SPDX-License-Identifier: MIT
#pragma once

// Generated families as tasks: "gen/FAMILY" asks its levels in turn, "gen/FAMILY/LEVEL" one of them.

#include "tasks/catalog.h"
#include "tasks/gen/family.h"

namespace proctor {

inline constexpr size_t kDefaultGeneratedQuestions = 60; // per task

// level 0: all levels, question i at level 1 + i mod levels, so that fewer questions are always the first of more.
// Named ids are rebuilt from themselves, whatever the limit and the seed. On failure: a usage error.
Result<std::vector<Question>> generate_questions(const Family& family, int level, const TaskOptions& options);

} // namespace proctor
