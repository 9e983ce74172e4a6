// SPDX-License-Identifier: MIT
#pragma once

// Generated families as tasks: "gen/FAMILY" asks its levels in turn, "gen/FAMILY/LEVEL" one of them.

#include "tasks/catalog.h"
#include "tasks/gen/family.h"

namespace proctor {

inline constexpr size_t kDefaultGeneratedQuestions = 60; // per task

// Seeds below are for training; --gen-seed S asks for the questions of seed kFirstEvaluationSeed + S.
inline constexpr uint64_t kFirstEvaluationSeed = 1'000'000;

// The question of an id as a task puts it. The id belongs to the family.
Question generated_question(const Family& family, const GeneratedId& id, const TaskOptions& options);

// level 0: all levels, question i at level 1 + i mod levels, so that fewer questions are always the first of more. Each
// is followed by its twins; the limit does not count these. Named ids are rebuilt from themselves, whatever the limit, the
// seed and the variants. On failure: a usage error.
Result<std::vector<Question>> generate_questions(const Family& family, int level, const TaskOptions& options);

} // namespace proctor
