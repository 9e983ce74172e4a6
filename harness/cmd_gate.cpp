// SPDX-License-Identifier: MIT
// proctor gate: one verdict, one exit code.
#include "harness/cmd_gate.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_baseline.h"
#include "harness/cmd_report_files.h"
#include "harness/journal.h"
#include "harness/text/file_bytes.h"
#include "harness/text/nearest.h"
#include "reports/gate_text.h"

namespace proctor {
namespace {

struct GateCommandArgs {
  std::string run;
  GateArgs gate;
  bool json = false;
};

// A baseline is named relative to the file that names it.
std::string beside(const std::string& file, const std::string& path) {
  if (path.empty() || std::filesystem::path(path).is_absolute()) return path;
  return (std::filesystem::path(file).parent_path() / path).string();
}

Status check_numbers(const GateArgs& args) {
  if (args.margin && !(*args.margin > 0 && *args.margin <= 1))
    return usage_error(fmt::format("--margin {}: a share above 0 and at most 1 is wanted (0.02 is two points)", *args.margin));
  if (args.alpha && !(*args.alpha >= kLeastAlpha && *args.alpha < 0.5))
    return usage_error(fmt::format("--alpha {}: from {} and below 0.5 is wanted", *args.alpha, kLeastAlpha));
  if (args.fail_exit_code && (*args.fail_exit_code < 0 || *args.fail_exit_code > 125))
    return usage_error(fmt::format("--fail-exit-code {}: a number from 0 to 125 is wanted", *args.fail_exit_code));
  if (!args.scope.empty() && args.scope != "fixed" && args.scope != "rerun" && args.scope != "generalise")
    return usage_error(fmt::format("--scope {}: fixed or generalise is wanted", args.scope));
  for (const std::string& field : args.allow_mismatch)
    if (std::ranges::find(kFingerprintFields, field) == kFingerprintFields.end())
      return usage_error(fmt::format("--allow-mismatch {}: there are {}{}", field, fmt::join(kFingerprintFields, ", "), did_you_mean(field, kFingerprintFields)));
  return {};
}

// What the command line says of a gate that it makes itself.
Gate command_line_gate(const GateArgs& args) {
  Gate gate;
  gate.margin = args.margin.value_or(gate.margin);
  gate.alpha = args.alpha.value_or(gate.alpha);
  if (args.scope == "generalise") gate.scope = GateScope::generalise;
  return gate;
}

Status append_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::app);
  file << text;
  if (!file.flush()) return infrastructure_error(fmt::format("{}: cannot be written", path));
  return {};
}

bool in_github_actions() {
  const char* value = std::getenv("GITHUB_ACTIONS");
  return value != nullptr && std::string_view(value) == "true";
}

Result<ExitCode> gate_command(const GateCommandArgs& args) {
  auto judged = judge_run(args.run, args.gate);
  if (!judged) return judged.error();
  if (args.json)
    fmt::print("{}", dump_json_pretty(gate_json(judged->decision)));
  else
    fmt::print("{}", judged->text);
  if (Status told = tell(*judged, args.gate); !told) return told.error();
  return judged->code;
}

} // namespace

void GateArgs::add_rules_to(CommandLine& command) {
  command.option("--gate", file, "A file of gates (proctor.json)").value_name("FILE");
  command.option("--margin", margin, "Largest drop that counts as no change (default 0.02: two points)").value_name("SHARE");
  command.option("--alpha", alpha, "One-sided error rate of each gate (default 0.05)").value_name("SHARE");
  command.option("--scope", scope, "fixed: these questions again (default). generalise: questions like these").value_name("NAME");
  command.option("--min", min, "Also fail below: [TASK:]METRIC>=NUMBER").value_name("RULE").one_each();
  command.option("--max", max, "Also fail above: [TASK:]METRIC<=NUMBER").value_name("RULE").one_each();
  command.option("--allow-mismatch", allow_mismatch, "Compare although this field of the fingerprint differs").value_name("FIELD").one_each();
  command.option("--fail-exit-code", fail_exit_code, "Exit code of a regression instead of 1").value_name("N");
  command.flag("--soft", soft, "Exit 0 for a regression and where it cannot be told; the report stays");
}

void GateArgs::add_outputs_to(CommandLine& command) {
  command.option("--junit", junit, "Write JUnit XML").value_name("FILE");
  command.option("--markdown", markdown, "Write Markdown for a pull request").value_name("FILE");
  command.option("--name", name, "Of the hidden marker in the Markdown, where several gates comment on one pull request").value_name("NAME").show_default();
  command.flag("--github", github, "Print GitHub annotations and append to $GITHUB_STEP_SUMMARY; on when GITHUB_ACTIONS=true");
}

Result<GateRules> gate_rules(const GateArgs& args) {
  if (Status good = check_numbers(args); !good) return good.error();
  GateRules rules;
  if (!args.file.empty()) {
    auto text = read_text_file(args.file);
    if (!text) return text.error();
    auto file = parse_gate_file(*text, args.file);
    if (!file) return file.error();
    rules = {file->gates, beside(args.file, file->baseline), file->min_coverage};
    if (args.margin || args.alpha || !args.scope.empty())
      return usage_error("--margin, --alpha and --scope belong to gates without a file; write them into " + args.file);
  }
  if (!args.baseline.empty()) rules.baseline = args.baseline;
  if (args.file.empty() && !rules.baseline.empty()) rules.gates.push_back(command_line_gate(args));
  for (const auto& [texts, kind] : {std::pair(&args.min, GateKind::min), std::pair(&args.max, GateKind::max)})
    for (const std::string& text : *texts) {
      auto gate = parse_threshold(text, kind);
      if (!gate) return gate.error();
      rules.gates.push_back(std::move(*gate));
    }
  if (rules.gates.empty()) return usage_error("no rule to judge by: --gate FILE, --baseline FILE, --min or --max is wanted");
  return rules;
}

Result<Judged> judge_run(const std::string& run, const GateArgs& args, const std::vector<SequentialLook>& looks) {
  auto rules = gate_rules(args);
  if (!rules) return rules.error();
  auto summary = summarize(run, {});
  if (!summary) return summary.error();
  Judged judged;
  judged.run = std::move(*summary);
  if (!rules->baseline.empty()) {
    auto baseline = read_run_or_baseline(rules->baseline);
    if (!baseline) return baseline.error();
    judged.baseline = std::move(*baseline);
  }
  judged.report = evaluate_gates({judged.run, judged.baseline ? &*judged.baseline : nullptr, rules->gates, rules->min_coverage, args.allow_mismatch, 0, looks});
  judged.decision = decide(judged.report, args.fail_exit_code.value_or(1), args.soft);
  judged.text = judged.decision.text;
  judged.code = static_cast<ExitCode>(judged.decision.exit_code);
  return judged;
}

Status tell(const Judged& judged, const GateArgs& args) {
  const Summary* baseline = judged.baseline ? &*judged.baseline : nullptr;
  if (!args.junit.empty())
    if (Status written = write_file_atomically(args.junit, write_junit(judged.run, &judged.decision, baseline)); !written) return written;
  const std::string markdown = gate_markdown(judged.decision, judged.run, baseline, args.name);
  if (!args.markdown.empty())
    if (Status written = write_file_atomically(args.markdown, markdown); !written) return written;
  if (!args.github && !in_github_actions()) return {};
  fmt::print(stderr, "{}", github_annotations(judged.decision, args.file));
  if (const char* step = std::getenv("GITHUB_STEP_SUMMARY"); step != nullptr && *step != '\0') return append_text(step, markdown);
  return {};
}

CommandBody add_gate_command(CommandLine& command) {
  auto args = std::make_shared<GateCommandArgs>();
  command.option("run", args->run, "The run to judge").required().value_name("RUN");
  command.option("--baseline", args->gate.baseline, "A baseline file, or another run").value_name("FILE");
  args->gate.add_rules_to(command);
  args->gate.add_outputs_to(command);
  command.flag("--json", args->json, "Print one JSON document and nothing else");
  command.examples("Examples:\n  proctor gate runs/latest --baseline baselines/main.json --margin 0.02\n"
                   "  proctor gate runs/latest --gate proctor.json --junit junit.xml --markdown comment.md\n"
                   "  proctor gate runs/latest --min \"pass@1>=0.7\" --max \"truncated<=0.02\"\n"
                   "Exit code: 0 pass, 1 regression, 2 the baseline is of something else, 3 no valid run, 4 cannot tell.");
  return [args] { return gate_command(*args); };
}

} // namespace proctor
