// SPDX-License-Identifier: MIT
// Input inversion: find an argument for which a function returns a given value. Any argument that does is right: it is
// run. First method: a planted argument, evaluated here; second: the printed program, executed.
//
// Level: 1 one addition, subtraction or product, 2 two operations, 3 with a branch, 4 with a square or a remainder and a
// branch.
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/pipeline.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view text; // program, value
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"which", "{0}\n\nFor which integer x does f(x) return {1}?"},
    {"find", "Here is a Python function.\n\n{0}\n\nFind an integer x with f(x) == {1}."},
    {"printed", "{0}\n\nA call of this function returned {1}. What integer may it have been called with?"},
}};

Op draw_op(Draw& draw, OpKind kind) {
  SplitMix64& random = draw.numbers;
  if (kind == OpKind::branch) return {kind, random.between(2, 5), random.between(1, 50), random.between(1, 50)};
  if (kind == OpKind::times) return {kind, random.between(2, 9)};
  if (kind == OpKind::remainder) return {kind, random.between(200, 999)};
  return {kind, random.between(2, 99)};
}

// Backwards through additions, subtractions and products.
std::string work(const Pipeline& pipeline, int64_t value) {
  std::string working;
  for (size_t i = pipeline.ops.size(); i-- > 0;) {
    const Op& op = pipeline.ops[i];
    const char undo = op.kind == OpKind::add ? '-' : op.kind == OpKind::subtract ? '+' : '/';
    working += written_step(value, undo, op.k) + "\n";
    value = undo == '-' ? value - op.k : undo == '+' ? value + op.k : value / op.k;
  }
  return working;
}

GeneratedQuestion generate_invert(int level, Draw& draw) {
  static constexpr std::array kLinear = {OpKind::add, OpKind::subtract, OpKind::times};
  static constexpr std::array kHard = {OpKind::square, OpKind::remainder};
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  Pipeline pipeline;
  pipeline.ops.push_back(draw_op(draw, pick(draw.structure, kLinear)));
  if (level == 2 || level == 4) {
    const OpKind before = pipeline.ops[0].kind;
    pipeline.ops.push_back(draw_op(draw, before == OpKind::times ? kLinear[draw.structure.below(2)] : OpKind::times));
  }
  if (level == 4) pipeline.ops.push_back(draw_op(draw, pick(draw.structure, kHard)));
  if (level >= 3) pipeline.ops.push_back(draw_op(draw, OpKind::branch));
  const int64_t planted = draw.numbers.between(level == 1 ? 2 : -99, level == 1 ? 99 : 199);
  const int64_t value = evaluate(pipeline, planted).get<int64_t>();
  GeneratedQuestion question;
  const std::string program = python(pipeline);
  question.text = fill(skeleton.text, python_block(program), value);
  question.skeleton = skeleton.name;
  question.effort = 2 * level;
  if (level <= 2) question.working = work(pipeline, value);
  question.answer = std::to_string(planted);
  question.code = {{"language", "python"}, {"program", program}, {"expression", "f({})"}, {"expected", std::to_string(value)}};
  question.program = question.answer;
  for (int64_t near = planted + 1; question.wrong.empty(); ++near) // the next argument that gives something else
    if (evaluate(pipeline, near) != value) question.wrong = std::to_string(near);
  return question;
}

} // namespace

const Family kInvert = {
    .name = "invert",
    .kind = "code",
    .summary = "find an argument for which a function returns a value",
    .levels = 4,
    .grader = "predict",
    .form = AnswerForm::answer_tag,
    .shape = "Give one integer.",
    .generate = generate_invert,
    .distractors = {"The function is called {} times a day.", "Its author is {} years old."},
};

} // namespace proctor
