// SPDX-License-Identifier: MIT
#pragma once

// One subcommand: adds its options to the parser and returns what runs it. main.cpp holds the table.

#include <functional>

#include "harness/cmd_line.h"
#include "harness/exit_code.h"
#include "harness/result.h"

namespace proctor {

using CommandBody = std::function<Result<ExitCode>()>;

struct Command {
  const char* name;
  const char* summary;
  CommandBody (*add)(CommandLine& command); // the options live in the returned body
};

CommandBody add_run_command(CommandLine& command);
CommandBody add_estimate_command(CommandLine& command);
CommandBody add_grade_command(CommandLine& command);
CommandBody add_compare_command(CommandLine& command);
CommandBody add_gate_command(CommandLine& command);
CommandBody add_baseline_command(CommandLine& command);
CommandBody add_report_command(CommandLine& command);
CommandBody add_ls_command(CommandLine& command);
CommandBody add_show_command(CommandLine& command);
CommandBody add_prompt_command(CommandLine& command);
CommandBody add_tokenize_command(CommandLine& command);
CommandBody add_generate_command(CommandLine& command);
CommandBody add_bench_command(CommandLine& command);
CommandBody add_math_eq_command(CommandLine& command);
CommandBody add_sandbox_command(CommandLine& command);
CommandBody add_data_command(CommandLine& command);
CommandBody add_doctor_command(CommandLine& command);
CommandBody add_completion_command(CommandLine& command);
CommandBody add_manual_command(CommandLine& command);

} // namespace proctor
