// SPDX-License-Identifier: MIT
#pragma once

// How one confined run ended, and what it used. The first cause wins: our own failure, then output, memory, CPU time,
// wall time, then how the program ended by itself.

#include <cstdint>
#include <optional>
#include <string>

namespace proctor {

enum class RunVerdict { ok, runtime_error, timed_out, memory_limit, output_limit, forbidden, setup_error };
const char* verdict_name(RunVerdict verdict);

enum class TimeLimit { none, cpu, wall };

inline constexpr const char* kCancelled = "cancelled"; // the failure of a program that its owner did not want any more

struct BoxOutcome {
  RunVerdict verdict = RunVerdict::setup_error;
  TimeLimit timeout = TimeLimit::none; // which limit, when timed_out
  std::optional<int> exit_code;        // absent when a signal ended the program
  std::optional<int> signal;
  double cpu_s = 0, wall_s = 0;        // of all its processes; from the job's delivery to the death of the last one
  uint64_t memory_bytes = 0;           // peak
  std::string out, err;                // what it wrote, up to the output limit
  std::string failure;                 // setup_error: one line
};

} // namespace proctor
