// SPDX-License-Identifier: MIT
#pragma once

// How one row of a coding benchmark becomes a question. What a question carries for its grader in metadata.code is
// described in graders/code/code_grader.h; its target is a short name of its tests, which changes when they do.

#include "tasks/recipes.h"

namespace proctor {

Result<Draft> read_humaneval_row(const DataRow& row);  // task_id, prompt, entry_point, canonical_solution, test
Result<Draft> read_evalplus_row(const DataRow& row);   // HumanEval+ and MBPP+: base_input, plus_input, atol, ...
Result<Draft> read_mbpp_row(const DataRow& row);       // original and sanitized; level is the split ("test": 11-510)
Result<Draft> read_leetcode_row(const DataRow& row);   // problem or prompt_sft; asserts on Solution
Result<Draft> read_stdin_row(const DataRow& row);      // CodeContests, Codeforces, APPS, TACO
Result<Draft> read_livecodebench_row(const DataRow& row); // code_generation(_lite), or question_id with tests
Result<Draft> read_cruxeval_output_row(const DataRow& row);
Result<Draft> read_cruxeval_input_row(const DataRow& row);
Result<Draft> read_humaneval_cpp_row(const DataRow& row); // MultiPL-E

} // namespace proctor
