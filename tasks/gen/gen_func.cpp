// SPDX-License-Identifier: MIT
// Writing a function f that is told as a chain of operations; hidden tests call it. First method: the chain evaluated
// here, which gives the tests; second: the same chain as a Python program.
//
// Level: 1 one or two operations on a number, 2 with a branch, 3 a list made into a number, 4 four or five operations on
// a list.
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/pipeline.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view text; // argument, what it does
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"write", "Write a Python function f({0}). It {1}."},
    {"define", "Define f({0}) in Python so that it {1}."},
    {"need", "We need a Python function f({0}) that {1}."},
}};

GeneratedQuestion generate_func(int level, Draw& draw) {
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const Pipeline pipeline = draw_pipeline(level, draw);
  const std::vector<Json> arguments = test_arguments(pipeline, draw.numbers);
  std::vector<Json> results;
  for (const Json& argument : arguments) results.push_back(evaluate(pipeline, argument));
  GeneratedQuestion question;
  question.text = fill(skeleton.text, argument_of(pipeline), english(pipeline));
  question.skeleton = skeleton.name;
  question.effort = 2 * level;
  question.working = explained(pipeline);
  question.code = function_code(arguments, results);
  question.program = python(pipeline);
  question.wrong = python(mistaken(pipeline, arguments, draw.numbers));
  return question;
}

} // namespace

const Family kFunc = {
    .name = "func",
    .kind = "code",
    .summary = "write a function from its operations",
    .levels = 4,
    .grader = "livecodebench",
    .form = AnswerForm::code_block,
    .shape = "Give the whole program in one ```python block.",
    .generate = generate_func,
    .distractors = {"The module it belongs to has {} other functions.", "It was asked for {} days ago."},
};

} // namespace proctor
