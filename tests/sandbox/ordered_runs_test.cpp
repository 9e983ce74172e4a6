// SPDX-License-Identifier: MIT
// Programs that are begun before anybody looks at them, and what becomes of those that nobody wants any more.
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <vector>

#include "graders/sandbox/ordered_runs.h"
#include "tests/sandbox/abuse.h"

using namespace proctor;

namespace {

constexpr double kCpuLimit = 60; // of a program that never ends

BoxJob endless() {
  BoxJob job = python_job("while True: pass");
  job.limits.cpu_s = kCpuLimit;
  return job;
}

template <class F> double seconds_of(F body) {
  auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

TEST_CASE("outcomes come in the order of their jobs, however many run at once") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    for (size_t at_once : {0, 1, 3, 50}) {
      auto job = [](size_t i) { return python_job(fmt::format("import time\ntime.sleep({})\nprint({})", i % 3 == 0 ? 0.02 : 0, i)); };
      OrderedRuns runs(sandbox, 12, job, [&] { return at_once; });
      for (int i = 0; i < 12; ++i) CHECK(runs.next().out == fmt::format("{}\n", i));
    }
  });
}

TEST_CASE("what was begun ahead ends when the first outcomes are enough") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    double seconds = seconds_of([&] {
      OrderedRuns runs(sandbox, 9, [](size_t i) { return i == 0 ? python_job("print(0)") : endless(); }, [] { return 9; });
      CHECK(runs.next().out == "0\n");
    });
    CHECK(seconds < kCpuLimit / 2);
    CHECK(sandbox.run(python_job("print(42)")).out == "42\n");
  });
}

TEST_CASE("a cancelled program ends, or is not begun, and its outcome says so") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    std::vector<Sandbox::Submitted> all;
    double seconds = seconds_of([&] {
      for (int i = 0; i < 16; ++i) all.push_back(sandbox.submit(endless()));
      for (size_t i = all.size(); i-- > 0;) sandbox.cancel(all[i]);
      for (const Sandbox::Submitted& submitted : all) {
        BoxOutcome outcome = sandbox.wait(submitted);
        CHECK(outcome.verdict == RunVerdict::setup_error);
        CHECK(outcome.failure == kCancelled);
        CHECK(!outcome.exit_code);
      }
    });
    CHECK(seconds < kCpuLimit / 2);
    CHECK(sandbox.run(python_job("print(42)")).out == "42\n");
  });
}

TEST_CASE("cancelling what has ended, or what boxd has taken with it, is harmless") {
  in_every_mode([](const Mode&, Sandbox& sandbox) {
    const BoxJob job = python_job("print(42)");
    Sandbox::Submitted ended = sandbox.submit(job);
    CHECK(sandbox.wait(ended).out == "42\n");
    sandbox.cancel(ended);
    CHECK(sandbox.run(job).out == "42\n");
    Sandbox::Submitted lost = sandbox.submit(endless());
    ::kill(sandbox.boxd_pid(), SIGKILL);
    sandbox.cancel(lost);
    CHECK(sandbox.wait(lost).verdict == RunVerdict::setup_error);
    CHECK(sandbox.run(job).out == "42\n"); // and both engines of the new boxd are in use again
    CHECK(sandbox.run(command_job({"/bin/echo", "42"})).out == "42\n");
  });
}
