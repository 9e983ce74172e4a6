// SPDX-License-Identifier: MIT
#pragma once

// Runs one hostile program in every mode that this machine allows and in both engines, and checks after each run that
// nothing of it is left: the invariants I1-I4 of docs/sandbox.md.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graders/sandbox/sandbox.h"

namespace proctor {

// A way to confine. `user`: boxd runs as an ordinary user even when the test does not.
struct Mode {
  const char* name;
  LayerSet withhold;
  bool user = false;
  int level = 3; // that it amounts to where nothing else is missing
};
const std::vector<Mode>& modes();

// The sandbox of a mode, started once per process; null where the machine lacks a layer, `why` says which.
Sandbox* sandbox_of(const Mode& mode, std::string& why);

// Every mode that this machine allows; says what was skipped and why.
void in_every_mode(const std::function<void(const Mode&, Sandbox&)>& body);

struct Seen { // one run of an abuse case
  const Mode& mode;
  const char* engine; // "zygote" or "exec"
  const BoxOutcome& outcome;
  bool memory_cgroup;
  int landlock_abi;
};

struct Abuse {
  std::string id;
  std::string python; // the hostile program
  std::function<void(const Seen&)> check;
  std::string input = "";
  Limits limits = {.cpu_s = 5, .memory_bytes = uint64_t{256} << 20, .output_bytes = 1 << 20};
  std::vector<BoxFile> files = {};
  int lowest_level = 2; // the case needs processes, files or signals that level 1 does not have
};

// Every mode and engine, with the invariants; says what was skipped and why.
void run_abuse(const Abuse& abuse);

// The same for a command instead of a Python program, by the exec engine.
void run_command_abuse(const Abuse& abuse, const std::vector<std::string>& args);

// The program ends with 0 and has printed exactly this.
std::function<void(const Seen&)> prints(const std::string& text);
std::function<void(const Seen&)> ends_in(RunVerdict verdict);
std::function<void(const Seen&)> times_out(TimeLimit which);

// Python that defines denied(f): the errno name that f() fails with, or "worked"; and syscall(nr, ...).
extern const std::string kDenied;

std::string describe(const BoxOutcome& outcome);

// The program in a box for other executables, under an interpreter that no zygote prepared. Needs level 2.
BoxJob interpreter_job(const std::string& program, const std::string& input = "");

} // namespace proctor
