// SPDX-License-Identifier: MIT
#include "harness/cmd_bench_sandbox.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <time.h>
#include <vector>

#include "graders/sandbox/cpp_program.h"
#include "graders/sandbox/interpreter.h"
#include "graders/sandbox/ordered_runs.h"
#include "harness/json.h"
#include "harness/one_processor.h"
#include "harness/parallel.h"

namespace proctor {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kRuns = 400;      // of a latency
constexpr int kTests = 1000;    // of the stdin measure
constexpr int kProcesses = 300; // of the killing measure
constexpr auto kWindow = milliseconds(1000);
constexpr auto kPause = milliseconds(8); // in which the next box gets ready

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// --- What is measured

struct Measure {
  std::string name, unit;
  std::vector<double> values; // one for each repetition
  double median() const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

// What one program should do, and the first one that did otherwise.
class Checked {
 public:
  explicit Checked(Sandbox& sandbox) : sandbox_(sandbox) {}

  BoxOutcome run(const BoxJob& job) { return check(sandbox_.run(job)); }

  BoxOutcome check(BoxOutcome outcome, std::string_view expected = "") {
    bool right = outcome.verdict == RunVerdict::ok && (expected.empty() || outcome.out == expected);
    if (!right && !failed_.exchange(true))
      failure_ = fmt::format("bench sandbox: a program that should pass ended as {} {}", verdict_name(outcome.verdict), outcome.failure);
    return outcome;
  }

  Sandbox& sandbox() const { return sandbox_; }

  Status status() const {
    if (failed_) return infrastructure_error(failure_);
    return {};
  }

 private:
  Sandbox& sandbox_;
  std::atomic<bool> failed_{false};
  std::string failure_;
};

// How often `once` can be done in a second by n_threads at a time.
template <class Once> double rate(unsigned n_threads, Once once) {
  std::atomic<int64_t> done{0};
  std::vector<std::jthread> threads;
  auto start = Clock::now();
  for (unsigned i = 0; i < n_threads; ++i)
    threads.emplace_back([&] {
      while (Clock::now() - start < kWindow) once(), ++done;
    });
  threads.clear();
  return static_cast<double>(done) / seconds_since(start);
}

void start_interpreter(const std::string& program) {
  const char* argv[] = {program.c_str(), "-I", "-S", "-c", "pass", nullptr};
  const char* environment[] = {"PATH=/usr/bin:/bin", nullptr};
  pid_t pid = -1;
  if (::posix_spawn(&pid, program.c_str(), nullptr, nullptr, const_cast<char**>(argv), const_cast<char**>(environment)) == 0)
    ::waitpid(pid, nullptr, 0);
}

std::vector<double> latencies_ms(Checked& checked, const BoxJob& job, milliseconds pause) {
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) {
    std::this_thread::sleep_for(pause);
    auto start = Clock::now();
    checked.run(job);
    times.push_back(1e3 * seconds_since(start));
  }
  return times;
}

// One program, a thousand inputs, as the grader of stdin tests does it when it has the machine to itself.
double stdin_tests_s(Checked& checked) {
  auto start = Clock::now();
  auto test = [](size_t i) { return python_job("n = int(input())\nprint(sum(int(x) for x in input().split()) * n)", fmt::format("{}\n1 2 3\n", i)); };
  OrderedRuns runs(checked.sandbox(), kTests, test, [] { return n_processors(); });
  for (int i = 0; i < kTests; ++i) checked.check(runs.next(), fmt::format("{}\n", 6 * i));
  return seconds_since(start);
}

double now_monotonic() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The program tells when it ended; the verdict comes when all that it left behind is dead.
double kill_ms(Checked& checked, BoxJob job) {
  job.limits.n_processes = kProcesses + 20;
  BoxOutcome outcome = checked.run(job);
  return 1e3 * (now_monotonic() - std::strtod(outcome.out.c_str(), nullptr));
}

BoxJob leaving_python() {
  return python_job(fmt::format("import os, time\n"
                                "for _ in range({}):\n"
                                "    if os.fork() == 0:\n"
                                "        time.sleep(1000)\n"
                                "print(time.clock_gettime(time.CLOCK_MONOTONIC), flush=True)\n"
                                "os._exit(0)\n",
                                kProcesses));
}

std::string leaving_cpp() {
  return fmt::format("#include <cstdio>\n#include <ctime>\n#include <unistd.h>\n"
                     "int main() {{\n"
                     "  for (int i = 0; i < {}; ++i)\n"
                     "    if (fork() == 0) for (;;) pause();\n"
                     "  timespec now;\n"
                     "  clock_gettime(CLOCK_MONOTONIC, &now);\n"
                     "  std::printf(\"%ld.%09ld\\n\", long(now.tv_sec), now.tv_nsec);\n"
                     "}}\n",
                     kProcesses);
}

// --- The whole run

using Measures = std::vector<Measure>;

void add(Measures& measures, const std::string& name, const std::string& unit, double value) {
  auto found = std::find_if(measures.begin(), measures.end(), [&](const Measure& measure) { return measure.name == name; });
  if (found == measures.end()) found = measures.insert(measures.end(), {name, unit, {}});
  found->values.push_back(value);
}

void measure_python(Measures& measures, Checked& checked, const std::string& interpreter) {
  BoxJob nothing = python_job("pass");
  checked.run(nothing);
  add(measures, "confined Python", "runs/s", rate(2 * n_processors(), [&] { checked.run(nothing); }));
  add(measures, "unconfined python3 -I -S", "runs/s", rate(n_processors(), [&] { start_interpreter(interpreter); }));
  auto ready = latencies_ms(checked, nothing, kPause);
  add(measures, "ready box, p50", "ms", percentile(ready, 0.5));
  add(measures, "ready box, p99", "ms", percentile(ready, 0.99));
  add(measures, "1,000 stdin tests", "s", stdin_tests_s(checked));
}

// Compiled once for all repetitions. No compiler here: no programs, and no lines.
struct CppPrograms {
  CppProgram printing, leaving;

  explicit CppPrograms(Sandbox& sandbox) {
    CppOptions options;
    options.flags.push_back("-static");
    printing = compile_cpp(sandbox, "#include <cstdio>\nint main() { std::puts(\"42\"); }\n", options);
    leaving = compile_cpp(sandbox, leaving_cpp(), options);
  }
};

void measure_cpp(Measures& measures, Checked& checked, const CppProgram& program) {
  if (!program.executable) return;
  add(measures, "static C++ program, p50", "ms", percentile(latencies_ms(checked, cpp_job(program, ""), kPause), 0.5));
}

// Level 1 has no processes to leave.
void measure_killing(Measures& measures, Checked& checked, const CppProgram& program) {
  if (checked.sandbox().attestation().level < 2) return;
  const std::string name = fmt::format("last exit to all dead, {} processes of ", kProcesses);
  add(measures, name + "Python", "ms", kill_ms(checked, leaving_python()));
  if (program.executable) add(measures, name + "C++", "ms", kill_ms(checked, cpp_job(program, "")));
}

// One box after the other with nothing overlapped: its making, running and taking down all count.
Status measure_full_box(Measures& measures, SandboxOptions options) {
  OneProcessor one;
  options.n_slots = 1;
  auto sandbox = Sandbox::start(options);
  if (!sandbox) return sandbox.error();
  Checked checked(**sandbox);
  BoxJob nothing = python_job("pass");
  checked.run(nothing);
  add(measures, "full box on one processor, p50", "ms", percentile(latencies_ms(checked, nothing, milliseconds(0)), 0.5));
  return checked.status();
}

Status measure_once(Measures& measures, const SandboxOptions& options, const std::string& interpreter, const CppPrograms& programs) {
  auto sandbox = Sandbox::start(options);
  if (!sandbox) return sandbox.error();
  Checked checked(**sandbox);
  measure_python(measures, checked, interpreter);
  measure_cpp(measures, checked, programs.printing);
  measure_killing(measures, checked, programs.leaving);
  if (Status status = checked.status(); !status) return status;
  sandbox->reset();
  return measure_full_box(measures, options);
}

Json to_json(const Measures& measures) {
  Json list = Json::array();
  for (const Measure& measure : measures)
    list.push_back({{"measure", measure.name}, {"unit", measure.unit}, {"median", measure.median()},
                    {"least", *std::min_element(measure.values.begin(), measure.values.end())},
                    {"greatest", *std::max_element(measure.values.begin(), measure.values.end())}});
  return list;
}

void print(const Measures& measures) {
  for (const Measure& measure : measures)
    fmt::print("  {:<45} {:>10.{}f} {}\n", measure.name, measure.median(), measure.unit == "runs/s" ? 0 : 2, measure.unit);
  fmt::print("  {:<45} {:>10.2f}\n", "confined runs per unconfined start", measures[0].median() / measures[1].median());
}

} // namespace

Result<ExitCode> bench_sandbox(const SandboxOptions& options, int repeats, bool json) {
  auto interpreter = find_interpreter(options.python);
  if (!interpreter) return interpreter.error();
  auto sandbox = Sandbox::start(options);
  if (!sandbox) return sandbox.error();
  Attestation attestation = (*sandbox)->attestation();
  const CppPrograms programs(**sandbox);
  sandbox->reset();
  if (!json) fmt::print("L{}, {}, {}, {} processors\n", attestation.level, attestation.kernel, attestation.user, n_processors());
  Measures measures;
  for (int i = 0; i < repeats; ++i)
    if (Status status = measure_once(measures, options, interpreter->program, programs); !status) return status.error();
  if (json)
    fmt::print("{}\n", dump_json({{"sandbox", proctor::to_json(attestation)}, {"processors", n_processors()}, {"repeats", repeats}, {"measures", to_json(measures)}}));
  else print(measures);
  return ExitCode::ok;
}

} // namespace proctor
