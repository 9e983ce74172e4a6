// SPDX-License-Identifier: MIT
// proctor report: fold run directories again and write their reports.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <optional>

#include "harness/cmd.h"
#include "harness/cmd_options.h"
#include "harness/cmd_report_files.h"
#include "harness/parallel.h"
#include "harness/say.h"
#include "harness/text/ascii.h"
#include "harness/text/nearest.h"

namespace proctor {
namespace {

struct ReportArgs {
  std::vector<std::string> runs;
  std::string format = "table,json,html,md,junit";
  std::string output;
  std::string k;
  bool json = false;
  std::string reference;
  PriceArgs prices;
};

Result<std::vector<std::string>> parse_formats(const std::string& text) {
  const std::vector<std::string> known = {"table", "json", "html", "md", "junit", "csv", "openmetrics"};
  std::vector<std::string> formats;
  for (std::string_view word : split(text, ',')) {
    std::string format(trim(word));
    if (std::find(known.begin(), known.end(), format) == known.end())
      return usage_error(fmt::format("--format {}: unknown format \"{}\"{}; there are {}", text, format,
                                     did_you_mean(format, known), fmt::join(known, ", ")));
    formats.push_back(format);
  }
  return formats;
}

Result<std::string> target_dir(const ReportArgs& args, const Summary& summary) {
  if (args.output.empty()) return summary.run_dir;
  std::string dir = args.output;
  if (args.runs.size() > 1) dir += "/" + std::filesystem::weakly_canonical(summary.run_dir).filename().string();
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return infrastructure_error(fmt::format("cannot use {} as output directory: {}", dir, error.message()));
  return dir;
}

// --output, else the folder that holds the first run.
std::string comparison_dir(const ReportArgs& args) {
  if (!args.output.empty()) return args.output;
  std::string parent = std::filesystem::weakly_canonical(args.runs.front()).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<ExitCode> report_command(const ReportArgs& args) {
  auto formats = parse_formats(args.format);
  if (!formats) return formats.error();
  if (Status known = check_reference(args.reference); !known) return known.error();
  OutputArgs output;
  output.k = args.k;
  auto extra_k = output.extra_k();
  if (!extra_k) return extra_k.error();
  bool table = !args.json && std::find(formats->begin(), formats->end(), "table") != formats->end();
  Json documents = Json::array();
  std::vector<Summary> summaries;
  std::vector<std::optional<Result<Summary>>> folded(args.runs.size());
  parallel_for(folded.size(), 1, [&](size_t i) { folded[i] = summarize(args.runs[i], *extra_k, args.prices, args.reference); });
  for (std::optional<Result<Summary>>& result : folded) {
    Result<Summary>& summary = *result;
    if (!summary) return summary.error();
    if (table) print_table(*summary); // first: whoever may only read the run sees it
    auto dir = target_dir(args, *summary);
    if (!dir) return dir.error();
    if (Status written = write_report_files(*summary, *formats, *dir); !written) {
      Error error = written.error();
      error.message += "; -o DIR writes elsewhere, --format table writes nothing";
      return error;
    }
    if (args.json) documents.push_back(results_with_dir(*summary));
    if (args.runs.size() > 1) summaries.push_back(std::move(*summary));
  }
  if (summaries.size() > 1) {
    const std::string dir = comparison_dir(args);
    if (Status written = write_comparison(summaries, dir, table); !written) return written.error();
    say(fmt::format("comparison: {}/comparison.html", dir));
  }
  if (args.json) fmt::print("{}", dump_json_pretty(documents.size() == 1 ? documents.front() : documents));
  return ExitCode::ok;
}

} // namespace

CommandBody add_report_command(CommandLine& command) {
  auto args = std::make_shared<ReportArgs>();
  command.option("runs", args->runs, "Run directories").required().value_name("RUN...");
  command.option("--format,-f", args->format, "Any of table, json, html, md, junit, csv, openmetrics").value_name("LIST").show_default();
  command.option("-o,--output", args->output, "Where to write instead of the run directory").value_name("DIR");
  command.option("--k", args->k, "More values of k for pass@k, maj@k and pass^k: 5,10").value_name("LIST");
  add_reference(command, args->reference);
  args->prices.add_to(command);
  command.flag("--json", args->json, "Print results.json on stdout and nothing else");
  command.examples("Examples:\n  proctor report runs/latest\n  proctor report runs/latest --format md -o .\n"
                   "  proctor report runs/o1 runs/r1 --prices builtin --price-date 2025-01-20");
  return [args] { return report_command(*args); };
}

} // namespace proctor
