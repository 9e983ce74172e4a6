// SPDX-License-Identifier: MIT
#pragma once

// The graders that run programs, by name.

#include <memory>
#include <string_view>
#include <vector>

#include "graders/graders.h"

namespace proctor {

std::unique_ptr<Grader> make_check_grader(std::shared_ptr<CodeSandbox> sandbox);         // HumanEval, MBPP, LeetCode
std::unique_ptr<Grader> make_evalplus_base_grader(std::shared_ptr<CodeSandbox> sandbox); // slot base
std::unique_ptr<Grader> make_evalplus_plus_grader(std::shared_ptr<CodeSandbox> sandbox); // slot plus: base and plus
std::unique_ptr<Grader> make_stdin_grader(std::shared_ptr<CodeSandbox> sandbox);         // programs that read and print
std::unique_ptr<Grader> make_livecodebench_grader(std::shared_ptr<CodeSandbox> sandbox); // stdin or functional
std::unique_ptr<Grader> make_predict_grader(std::shared_ptr<CodeSandbox> sandbox);       // CRUXEval
std::unique_ptr<Grader> make_cpp_check_grader(std::shared_ptr<CodeSandbox> sandbox);     // MultiPL-E C++

std::shared_ptr<CodeSandbox> make_code_sandbox(); // not yet started

// Names and summaries for `proctor ls graders`.
std::vector<GraderInfo> code_grader_catalog();

// nullptr for a name that is no code grader's. sandbox: shared by all.
std::unique_ptr<Grader> make_code_grader(std::string_view name, std::shared_ptr<CodeSandbox> sandbox);

} // namespace proctor
