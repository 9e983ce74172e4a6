// SPDX-License-Identifier: MIT
// What a confined run costs. `proctor bench sandbox` measures the same for users, beside an unconfined start.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "graders/sandbox/cpp_program.h"
#include "graders/sandbox/interpreter.h"
#include "graders/sandbox/ordered_runs.h"
#include "graders/sandbox/sandbox.h"
#include "harness/one_processor.h"
#include "harness/parallel.h"

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

// One that is started here and now, and has run a program.
std::unique_ptr<Sandbox> sandbox_of_own(benchmark::State& state) {
  SandboxOptions options;
  options.boxd = PROCTOR_BOXD;
  auto sandbox = Sandbox::start(options);
  if (!sandbox) {
    state.SkipWithError(sandbox.error().message.c_str());
    return nullptr;
  }
  (*sandbox)->run(python_job("pass"));
  return std::move(*sandbox);
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

// The same, asked for by a process as large as one that holds a model.
void box_fork_py_3gib(benchmark::State& state) {
  std::vector<char> resident(size_t{3} << 30, 1);
  benchmark::DoNotOptimize(resident.data());
  auto sandbox = sandbox_of_own(state);
  if (sandbox == nullptr) return;
  for (auto _ : state) expect_ok(state, sandbox->run(python_job("pass")));
}
BENCHMARK(box_fork_py_3gib)->UseRealTime()->Unit(benchmark::kMillisecond);

// Milliseconds of one fork of a Python that has imported nothing, its exit and its burial.
double bare_fork_ms() {
  const std::string python = find_interpreter("")->program;
  const std::string program = "import os, time\nbegin = time.perf_counter()\nfor _ in range(1000):\n    if os.fork() == 0: os._exit(0)\n    os.wait()\n"
                              "print(time.perf_counter() - begin)";
  FILE* output = ::popen((python + " -I -S -c '" + program + "'").c_str(), "r");
  double seconds = 0;
  if (output == nullptr || std::fscanf(output, "%lf", &seconds) != 1 || ::pclose(output) != 0) return 0;
  return seconds; // of a thousand
}

// A box's CPU time, everybody's, and how much more that is than a bare fork's. Four boxes are in flight.
void overhead_cpu(benchmark::State& state) {
  constexpr int kBoxes = 1000;
  const OneProcessor one;
  auto sandbox = sandbox_of_own(state);
  if (sandbox == nullptr) return;
  const double fork_ms = bare_fork_ms();
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < kBoxes / 4; ++i) sandbox->run(python_job("pass"));
      });
    threads.clear();
    const double box_ms = 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / kBoxes;
    state.counters["box_ms"] = box_ms;
    state.counters["over_fork_ms"] = box_ms - fork_ms;
  }
}
BENCHMARK(overhead_cpu)->UseRealTime()->Iterations(1)->Unit(benchmark::kSecond);

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
  for (auto _ : state) {
    OrderedRuns runs(*sandbox, 1000, [](size_t i) { return python_job("print(2 * int(input()))", std::to_string(i) + "\n"); }, [] { return n_processors(); });
    for (int i = 0; i < 1000; ++i) expect_ok(state, runs.next());
  }
}
BENCHMARK(stdin_tests)->UseRealTime()->Unit(benchmark::kMillisecond);

CppProgram static_cpp(benchmark::State& state, Sandbox& sandbox, const std::string& source) {
  CppOptions options;
  options.flags.push_back("-static");
  CppProgram program = compile_cpp(sandbox, source, options);
  if (!program.executable) state.SkipWithError("no compiler in the box");
  return program;
}

void box_exec_cpp(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  CppProgram program = static_cpp(state, *sandbox, "int main() { return 0; }\n");
  if (!program.executable) return;
  for (auto _ : state) expect_ok(state, sandbox->run(cpp_job(program, "")));
}
BENCHMARK(box_exec_cpp)->UseRealTime()->Unit(benchmark::kMillisecond);

// From the last instruction of a program that leaves 300 processes behind, and says when that was, to the death of all.
void time_killing(benchmark::State& state, Sandbox& sandbox, BoxJob job) {
  job.limits.n_processes = 320;
  for (auto _ : state) {
    BoxOutcome outcome = sandbox.run(job);
    double now = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    expect_ok(state, outcome);
    state.SetIterationTime(now - std::strtod(outcome.out.c_str(), nullptr));
  }
}

void kill_latency(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  time_killing(state, *sandbox, python_job("import os, time\nfor _ in range(300):\n    if os.fork() == 0: time.sleep(1000)\nprint(time.monotonic(), flush=True)\nos._exit(0)\n"));
}
BENCHMARK(kill_latency)->UseManualTime()->Iterations(20)->Unit(benchmark::kMillisecond);

void kill_latency_cpp(benchmark::State& state) {
  Sandbox* sandbox = sandbox_for(state);
  if (sandbox == nullptr) return;
  CppProgram program = static_cpp(state, *sandbox, "#include <cstdio>\n#include <ctime>\n#include <unistd.h>\nint main() {\n"
                                                   "  for (int i = 0; i < 300; ++i) if (fork() == 0) for (;;) pause();\n"
                                                   "  timespec now;\n  clock_gettime(CLOCK_MONOTONIC, &now);\n"
                                                   "  std::printf(\"%ld.%09ld\\n\", long(now.tv_sec), now.tv_nsec);\n}\n");
  if (program.executable) time_killing(state, *sandbox, cpp_job(program, ""));
}
BENCHMARK(kill_latency_cpp)->UseManualTime()->Iterations(20)->Unit(benchmark::kMillisecond);

} // namespace
