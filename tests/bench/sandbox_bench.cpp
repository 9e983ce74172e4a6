// SPDX-License-Identifier: MIT
// What a confined run costs. `proctor bench sandbox` measures the same for users, beside an unconfined start.
#include <benchmark/benchmark.h>

#include <string>
#include <thread>

#include "graders/sandbox/cpp_program.h"
#include "graders/sandbox/sandbox.h"

using namespace proctor;

namespace {

// Null, and the benchmark skipped with the reason, where programs cannot be confined. Lives to the end of the program.
Sandbox* sandbox_for(benchmark::State& state) {
  static const auto sandbox = [] {
    SandboxOptions options;
    options.boxd = PROCTOR_BOXD;
    return Sandbox::start(options);
  }();
  if (sandbox) return sandbox->get();
  state.SkipWithError(sandbox.error().message.c_str());
  return nullptr;
}

void expect_ok(benchmark::State& state, const BoxOutcome& outcome) {
  if (outcome.verdict != RunVerdict::ok) state.SkipWithError(verdict_name(outcome.verdict));
}

void box_fork_py(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  for (auto _ : state) expect_ok(state, sandbox->run(python_job("pass")));
}
BENCHMARK(box_fork_py)->UseRealTime()->Unit(benchmark::kMillisecond);

void box_prefork_latency(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  for (auto _ : state) {
    state.PauseTiming();
    std::this_thread::sleep_for(std::chrono::milliseconds(8)); // a box gets ready
    state.ResumeTiming();
    expect_ok(state, sandbox->run(python_job("pass")));
  }
}
BENCHMARK(box_prefork_latency)->UseRealTime()->Unit(benchmark::kMillisecond);

void box_throughput_2core(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  for (auto _ : state) expect_ok(state, sandbox->run(python_job("pass")));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(box_throughput_2core)->Threads(4)->UseRealTime()->Unit(benchmark::kMillisecond);

void stdin_tests(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  for (auto _ : state)
    for (int i = 0; i < 1000; ++i) expect_ok(state, sandbox->run(python_job("print(2 * int(input()))", std::to_string(i) + "\n")));
}
BENCHMARK(stdin_tests)->UseRealTime()->Unit(benchmark::kMillisecond);

void box_exec_cpp(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  CppOptions options;
  options.flags.push_back("-static");
  CppProgram program = compile_cpp(*sandbox, "int main() { return 0; }\n", options);
  if (!program.executable) return state.SkipWithError("no compiler in the box");
  for (auto _ : state) expect_ok(state, sandbox->run(cpp_job(program, "")));
}
BENCHMARK(box_exec_cpp)->UseRealTime()->Unit(benchmark::kMillisecond);

// From the last instruction of a program that leaves 300 processes behind to the death of all.
void kill_latency(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  BoxJob job = python_job("import os, time\nfor _ in range(300):\n    if os.fork() == 0: time.sleep(1000)\nprint(time.monotonic(), flush=True)\nos._exit(0)\n");
  job.limits.n_processes = 320;
  for (auto _ : state) {
    BoxOutcome outcome = sandbox->run(job);
    double now = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    expect_ok(state, outcome);
    state.SetIterationTime(now - std::strtod(outcome.out.c_str(), nullptr));
  }
}
BENCHMARK(kill_latency)->UseManualTime()->Iterations(20)->Unit(benchmark::kMillisecond);

} // namespace
