// SPDX-License-Identifier: MIT
// The reasoning split, the run log's records and the journal.
#include <benchmark/benchmark.h>

#include "harness/journal.h"
#include "harness/run_records.h"
#include "harness/text/think_split.h"
#include "harness/text/trace_stats.h"
#include "tests/bench/texts.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

Completion completion_of(size_t bytes) {
  Completion completion;
  completion.key = {"aime24", "60", 3};
  completion.prompt_hash = std::string(32, 'a');
  completion.text = reasoning_text(bytes);
  apply_split(completion, false);
  return completion;
}

void bytes_done(benchmark::State& state) { state.SetBytesProcessed(state.iterations() * state.range(0)); }

void split(benchmark::State& state) {
  std::string text = reasoning_text(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(split_reasoning(text, false, FinishReason::stop));
  bytes_done(state);
}
BENCHMARK(split)->Arg(20'000)->Arg(120'000);

void trace_counts(benchmark::State& state) {
  std::string text = reasoning_text(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(count_trace(text));
  bytes_done(state);
}
BENCHMARK(trace_counts)->Arg(20'000)->Arg(120'000)->Arg(10'000'000);

void sample_record_write(benchmark::State& state) {
  Completion completion = completion_of(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(sample_line(completion));
  bytes_done(state);
}
BENCHMARK(sample_record_write)->Arg(20'000);

void sample_record_parse(benchmark::State& state) {
  std::string line = sample_line(completion_of(static_cast<size_t>(state.range(0))));
  RecordParser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.sample(line));
  bytes_done(state);
}
BENCHMARK(sample_record_parse)->Arg(20'000);

void grade_record_parse(benchmark::State& state) {
  Grade grade;
  grade.key = {"aime24", "60", 3};
  grade.verdict = Verdict::incorrect;
  grade.answer = grade.vote_key = "180";
  grade.target = "204";
  grade.stats = {{"characters", 20000}, {"extraction", "box"}};
  std::string line = grade_line(grade);
  RecordParser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.grade(line));
}
BENCHMARK(grade_record_parse);

void journal_append(benchmark::State& state) {
  TempDir dir;
  auto journal = Journal::open(dir.path() + "/journal", "");
  std::string line = sample_line(completion_of(static_cast<size_t>(state.range(0))));
  for (auto _ : state)
    if (!journal->append(line)) state.SkipWithError("append failed");
  bytes_done(state);
}
BENCHMARK(journal_append)->Arg(2'000)->Arg(20'000)->Iterations(20'000);

} // namespace
