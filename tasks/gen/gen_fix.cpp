// SPDX-License-Identifier: MIT
// Repairing a function: a chain of operations as it should be, and a program with one mistake, which the hidden tests
// kill. Methods and levels as those of func, at levels 1 to 4.
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/pipeline.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view text; // argument, what it should do, program
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"bug", "This function has a bug:\n\n{2}\n\nIt should do this: f({0}) {1}. Correct it."},
    {"repair", "Repair this program.\n\n{2}\n\nWanted is a function f({0}) that {1}."},
    {"review", "A reviewer says that this is not right:\n\n{2}\n\nThe specification is that f({0}) {1}. Write it as specified."},
}};

GeneratedQuestion generate_fix(int level, Draw& draw) {
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const Pipeline pipeline = draw_pipeline(level, draw);
  const std::vector<Json> arguments = test_arguments(pipeline, draw.numbers);
  std::vector<Json> results;
  for (const Json& argument : arguments) results.push_back(evaluate(pipeline, argument));
  GeneratedQuestion question;
  question.wrong = python(mistaken(pipeline, arguments, draw.numbers));
  question.text = fill(skeleton.text, argument_of(pipeline), english(pipeline), python_block(question.wrong));
  question.skeleton = skeleton.name;
  question.effort = 2 * level;
  question.working = explained(pipeline);
  question.code = function_code(arguments, results);
  question.program = python(pipeline);
  return question;
}

} // namespace

const Family kFix = {
    .name = "fix",
    .kind = "code",
    .summary = "repair a function with one mistake",
    .levels = 4,
    .grader = "livecodebench",
    .form = AnswerForm::code_block,
    .shape = "Give the whole program in one ```python block.",
    .generate = generate_fix,
    .distractors = {"The module it belongs to has {} other functions.", "It was written {} days ago."},
};

} // namespace proctor
