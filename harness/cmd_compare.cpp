// SPDX-License-Identifier: MIT
// proctor compare: two runs over the same questions, paired.
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "harness/cmd.h"
#include "harness/cmd_baseline.h"
#include "reports/compare_text.h"

namespace proctor {
namespace {

struct CompareArgs {
  std::string base, cand;
  CompareOptions options;
  std::string format = "table";
  bool json = false;
};

Status check(const CompareArgs& args) {
  if (!parse_metric_name(args.options.metric))
    return usage_error(fmt::format("--metric {}: there are {}", args.options.metric, kMetricNames));
  // Quantiles nearer to 1 are beyond what doubles tell from it. Neither comparison holds of a nan.
  constexpr double kMost = 0.999999999;
  if (!(args.options.level > 0 && args.options.level <= kMost)) return usage_error("--level: a number above 0 and at most 0.999999999 is wanted");
  if (!(args.options.power > 0 && args.options.power <= kMost)) return usage_error("--power: a number above 0 and at most 0.999999999 is wanted");
  if (args.format != "table" && args.format != "md")
    return usage_error(fmt::format("--format {}: there are table and md (and --json)", args.format));
  return {};
}

std::string nothing_in_common(const CompareArgs& args, const Summary& base, const Summary& cand) {
  for (const auto& [name, summary] : {std::pair(&args.base, &base), std::pair(&args.cand, &cand)})
    for (const TaskSummary& task : summary->tasks)
      if (task.slots.empty()) return fmt::format("{}: {}: {}", *name, task.name, why_ungraded(task));
  return fmt::format("{} and {} cannot be compared: no task in common", args.base, args.cand);
}

Result<ExitCode> compare_command(const CompareArgs& args) {
  if (Status good = check(args); !good) return good.error();
  auto base = read_run_or_baseline(args.base);
  if (!base) return base.error();
  auto cand = read_run_or_baseline(args.cand);
  if (!cand) return cand.error();
  const Comparison comparison = compare_runs(*base, *cand, args.options);
  if (comparison.tasks.empty())
    return usage_error(nothing_in_common(args, *base, *cand));
  if (!comparison.any())
    return usage_error(fmt::format("{} and {} cannot be compared: {}: {}", args.base, args.cand, comparison.tasks.front().task,
                                   comparison.tasks.front().incomparable));
  if (args.json)
    fmt::print("{}", dump_json_pretty(compare_json(comparison)));
  else
    fmt::print("{}", args.format == "md" ? compare_markdown(comparison, args.options) : compare_table(comparison, args.options));
  return ExitCode::ok;
}

} // namespace

CommandBody add_compare_command(CommandLine& command) {
  auto args = std::make_shared<CompareArgs>();
  command.option("base", args->base, "The run to compare with: a run directory or a baseline file").required().value_name("RUN_A");
  command.option("cand", args->cand, "The run in question").required().value_name("RUN_B");
  command.option("--metric", args->options.metric, "What to compare: pass@K, maj@K, pass^K, format, truncated, ...").value_name("METRIC").show_default();
  command.option("--level", args->options.level, "Of the intervals").value_name("SHARE").show_default();
  command.option("--power", args->options.power, "Of the smallest difference that would be seen").value_name("SHARE").show_default();
  command.option("--seed", args->options.seed, "Of the permutations and the bootstrap").value_name("S").show_default();
  command.option("--format", args->format, "table or md").value_name("NAME").show_default();
  command.flag("--json", args->json, "Print one JSON document and nothing else");
  command.examples("Examples:\n  proctor compare runs/before runs/after\n  proctor compare baselines/main.json runs/latest --metric maj@8");
  return [args] { return compare_command(*args); };
}

} // namespace proctor
