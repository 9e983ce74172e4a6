// SPDX-License-Identifier: MIT
// The estimators on one question.
#include <benchmark/benchmark.h>
#include <vector>

#include "reports/estimators.h"

using namespace proctor;

namespace {

void pass_at(benchmark::State& state) {
  auto n = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(pass_at_k(n, n / 3, n / 4));
}
BENCHMARK(pass_at)->Arg(64)->Arg(1024);

// n samples over ten answers of falling popularity, a tenth silent.
void maj_at(benchmark::State& state) {
  auto n = static_cast<int>(state.range(0));
  auto k = static_cast<int>(state.range(1));
  std::vector<VoteClass> classes;
  int left = n - n / 10;
  for (int i = 0; i < 9 && left > 1; ++i) {
    classes.push_back({left / 2, i == 0});
    left -= left / 2;
  }
  classes.push_back({left, false});
  for (auto _ : state) benchmark::DoNotOptimize(maj_at_k(classes, n / 10, k));
}
BENCHMARK(maj_at)->Args({64, 16})->Args({64, 64})->Args({1024, 64});

} // namespace
