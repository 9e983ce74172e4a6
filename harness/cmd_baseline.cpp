// SPDX-License-Identifier: MIT
// proctor baseline: writes the committable summary that a gate compares with, and moves it forward.
#include "harness/cmd_baseline.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_gate.h"
#include "harness/cmd_report_files.h"
#include "harness/journal.h"
#include "harness/say.h"
#include "reports/baseline.h"

namespace proctor {
namespace {

struct BaselineArgs {
  std::string action, first, second;
  std::string output;
  GateArgs gate;
};

constexpr const char* kUsage = "proctor baseline write RUN -o FILE, or proctor baseline update FILE RUN";

// Nothing to compare later.
Status check_complete(const Summary& summary, const std::string& run) {
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots)
      if (slot.n_empty_questions > 0)
        return infrastructure_error(fmt::format("{}: {} has {} without a graded answer; a baseline must be complete (run the same "
                                                "command again)",
                                                run, task.name, slot.n_empty_questions == 1 ? "a question" : fmt::format("{} questions", slot.n_empty_questions)));
  if (summary.tasks.empty()) return usage_error(fmt::format("{}: nothing is graded; there is nothing to write", run));
  if (const TaskSummary& first = summary.tasks.front(); first.slots.empty())
    return usage_error(fmt::format("{}: {}: {}", run, first.name, why_ungraded(first)));
  return {};
}

Status save(const Summary& summary, const std::string& file) {
  std::error_code error;
  if (auto dir = std::filesystem::path(file).parent_path(); !dir.empty()) std::filesystem::create_directories(dir, error);
  if (Status written = write_file_atomically(file, write_baseline(summary)); !written) return written;
  say(fmt::format("baseline: {}", file));
  return {};
}

Result<ExitCode> write_command(const BaselineArgs& args) {
  if (args.output.empty()) return usage_error("baseline write: -o FILE is wanted (" + std::string(kUsage) + ")");
  if (!args.second.empty()) return usage_error(fmt::format("baseline write: unexpected argument {} ({})", args.second, kUsage));
  auto summary = summarize(args.first, {});
  if (!summary) return summary.error();
  if (Status complete = check_complete(*summary, args.first); !complete) return complete.error();
  if (Status saved = save(*summary, args.output); !saved) return saved.error();
  return ExitCode::ok;
}

// The ratchet: only a run that passes against the old baseline becomes the new one.
Result<ExitCode> update_command(const BaselineArgs& args) {
  if (args.second.empty() || !args.output.empty()) return usage_error(kUsage);
  GateArgs gate = args.gate;
  gate.baseline = args.first;
  auto judged = judge_run(args.second, gate);
  if (!judged) return judged.error();
  fmt::print("{}", judged->text);
  if (judged->report.verdict != GateVerdict::pass) {
    say(fmt::format("{} is unchanged: only a conclusive pass moves a baseline", args.first));
    return judged->code;
  }
  if (Status complete = check_complete(judged->run, args.second); !complete) return complete.error();
  if (Status saved = save(judged->run, args.first); !saved) return saved.error();
  return ExitCode::ok;
}

Result<ExitCode> baseline_command(const BaselineArgs& args) {
  if (args.action == "write") return write_command(args);
  if (args.action == "update") return update_command(args);
  return usage_error(fmt::format("baseline {}: there are write and update ({})", args.action, kUsage));
}

} // namespace

Result<Summary> read_baseline(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path))
    return usage_error(fmt::format("{}: cannot be read; write it with proctor baseline write RUN -o {}", path, path));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return parse_baseline(text, path);
}

Result<Summary> read_run_or_baseline(const std::string& path) {
  const bool is_file = std::filesystem::is_regular_file(path);
  const bool in_run = is_file && std::filesystem::exists(std::filesystem::path(path).parent_path() / "samples.jsonl");
  return is_file && !in_run ? read_baseline(path) : summarize(path, {});
}

CommandBody add_baseline_command(CommandLine& command) {
  auto args = std::make_shared<BaselineArgs>();
  command.option("action", args->action, "write or update").required().value_name("write|update");
  command.option("first", args->first, "write: the run. update: the baseline file").required().value_name("RUN|FILE");
  command.option("second", args->second, "update: the run that is to replace it").value_name("RUN");
  command.option("-o,--output", args->output, "write: the baseline file").value_name("FILE");
  args->gate.add_rules_to(command);
  command.examples("Examples:\n  proctor baseline write runs/latest -o baselines/main.json\n"
                   "  proctor baseline update baselines/main.json runs/latest\n"
                   "update replaces the file only when the run passes the gate against it.");
  return [args] { return baseline_command(*args); };
}

} // namespace proctor
