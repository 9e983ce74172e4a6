// SPDX-License-Identifier: MIT
// Extraction and grading of one answer.
#include <benchmark/benchmark.h>

#include "graders/extract.h"
#include "graders/graders.h"
#include "graders/math/math_equal.h"
#include "harness/text/think_split.h"
#include "tests/bench/texts.h"

using namespace proctor;

namespace {

// The answer stands in a box at the end, as it should.
void extract_box(benchmark::State& state) {
  std::string text = reasoning_text(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(extract_answer(text, AnswerForm::box, 64));
}
BENCHMARK(extract_box)->Arg(120'000);

// No mark anywhere: the whole text is searched.
void extract_nothing(benchmark::State& state) {
  std::string text = reasoning_text(static_cast<size_t>(state.range(0)));
  text.resize(text.find("</think>"));
  for (auto _ : state) benchmark::DoNotOptimize(extract_answer(text, AnswerForm::box, 64));
}
BENCHMARK(extract_nothing)->Arg(120'000);

// The worst patterns known: marks without partners, 400 kB of them.
void extract_hostile(benchmark::State& state, std::string_view piece) {
  std::string text;
  while (text.size() < 400'000) text += piece;
  for (auto _ : state) benchmark::DoNotOptimize(extract_answer(text, AnswerForm::any, 64));
}
BENCHMARK_CAPTURE(extract_hostile, open_boxes, "\\boxed{");
BENCHMARK_CAPTURE(extract_hostile, closing_tags, "</answer>");
BENCHMARK_CAPTURE(extract_hostile, announcements, "the answer is ");

void grade(benchmark::State& state, const char* name) {
  auto grader = make_grader(name);
  Question question;
  question.target = "204";
  Completion completion;
  completion.text = reasoning_text(20'000);
  apply_split(completion, false);
  for (auto _ : state) benchmark::DoNotOptimize(grader->grade(question, completion));
}
BENCHMARK_CAPTURE(grade, aime, "aime");
BENCHMARK_CAPTURE(grade, number, "number");
BENCHMARK_CAPTURE(grade, math, "math");
BENCHMARK_CAPTURE(grade, exact, "exact");

// One comparison of two answers, by the step that decides it.
void compare(benchmark::State& state, const char* gold, const char* answer) {
  for (auto _ : state) benchmark::DoNotOptimize(math::math_equal(gold, answer, math::Policies()));
}
BENCHMARK_CAPTURE(compare, integer, "1250", "1{,}250");
BENCHMARK_CAPTURE(compare, fraction, "\\frac{7}{12}", "\\frac{14}{24}");
BENCHMARK_CAPTURE(compare, surd, "3\\sqrt{2}", "\\sqrt{18}");
BENCHMARK_CAPTURE(compare, refuted, "\\sqrt{2}+\\pi", "4.555806");
BENCHMARK_CAPTURE(compare, polynomial, "x^3-1", "(x-1)(x^2+x+1)");
BENCHMARK_CAPTURE(compare, identity, "\\sin^2 x + \\cos^2 x", "1");
BENCHMARK_CAPTURE(compare, interval, "[0,5)\\cup(7,\\infty)", "0 \\le x < 5 \\text{ or } x > 7");

} // namespace
