// SPDX-License-Identifier: MIT
#pragma once

// The graders that need no sandbox, as factories. Tasks pick from here by name.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graders/math/policy.h"
#include "harness/grader.h"

namespace proctor {

class CodeSandbox; // code/code_sandbox.h

std::unique_ptr<Grader> make_aime_grader();   // integers 0-999 (math-aime rules)
std::unique_ptr<Grader> make_number_grader(); // exact rationals and decimals; other answers by normalised text
std::unique_ptr<Grader> make_math_grader(const math::Policies& policies); // any mathematical answer (math/)
std::unique_ptr<Grader> make_choice_grader();         // an option letter; options in metadata.options where known
std::unique_ptr<Grader> make_tag_grader();            // exact text of the last </answer> or </ANSWER> block
std::unique_ptr<Grader> make_exact_grader();          // the whole final answer, white space folded
std::unique_ptr<Grader> make_knights_knaves_grader(); // a full assignment of knights and knaves
std::unique_ptr<Grader> make_plan_grader();           // a plan, executed (planning.h)

struct GraderInfo {
  std::string name;
  std::string summary;
};

// What `proctor ls graders` lists, and the one place that knows every name.
std::vector<GraderInfo> grader_catalog();

// What a run may ask of its graders.
struct GraderOptions {
  math::Policies math;
  std::shared_ptr<CodeSandbox> sandbox; // of graders that run code; nullptr: one of the task's own
};

// nullptr for an unknown name.
std::unique_ptr<Grader> make_grader(std::string_view name, const GraderOptions& options = {});

} // namespace proctor
