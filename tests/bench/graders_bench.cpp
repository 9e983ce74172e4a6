// SPDX-License-Identifier: MIT
// Extraction and grading of one answer.
#include <benchmark/benchmark.h>

#include "graders/extract.h"
#include "graders/graders.h"
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
BENCHMARK_CAPTURE(grade, exact, "exact");

} // namespace
