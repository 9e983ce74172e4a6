// SPDX-License-Identifier: MIT
#pragma once

// Worked examples for few-shot prompts, from the benchmarks' own train, validation and prompt files.

#include "tasks/recipes.h"

namespace proctor {

Result<std::vector<Shot>> read_gsm8k_shots(const std::string& path);    // question, answer with "####"
Result<std::vector<Shot>> read_maths_shots(const std::string& path);    // problem, solution
Result<std::vector<Shot>> read_mmlu_pro_shots(const std::string& path); // the validation split, with its cot_content
Result<std::vector<Shot>> read_mbpp_shots(const std::string& path);     // rows 2 to 10, MBPP's split for prompts
Result<std::vector<Shot>> read_bbh_shots(const std::string& path);      // cot-prompts/SUBSET.txt

} // namespace proctor
