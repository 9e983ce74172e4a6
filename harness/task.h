// SPDX-License-Identifier: MIT
#pragma once

// A Task: questions and the graders that know what counts as right. It never knows who answers.

#include <memory>
#include <string>
#include <vector>

#include "harness/grader.h"
#include "harness/sampling.h"

namespace proctor {

using Graders = std::vector<std::unique_ptr<Grader>>;

struct Task {
  std::string name;    // as in results.json: "aime24", "gen/arith"
  std::string version; // raised when a score could move
  std::vector<Question> questions;
  size_t n_available = 0;  // questions before any limit and any choice of ids; of generated ones, which never end, those asked for
  Graders graders;         // at least one; each slot once
  int default_samples = 1; // samples per question when the user names no number
  std::string suite;       // whose mean over tasks is quoted ("bbh"); usually empty
  int shots = 0;           // worked examples before every question
  std::string source;      // where the questions come from, for run.json
};

// 32 hex digits over every question's id, prompt and target: equal hashes, equal suite.
std::string content_hash(const Task& task);

} // namespace proctor
