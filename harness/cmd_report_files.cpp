// SPDX-License-Identifier: MIT
#include "harness/cmd_report_files.h"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/journal.h"
#include "harness/cmd_run_json.h"
#include "harness/run_reader.h"
#include "reports/csv.h"
#include "reports/fold.h"
#include "reports/frontier.h"
#include "reports/gate_text.h"
#include "reports/html.h"
#include "reports/html_runs.h"
#include "reports/markdown.h"
#include "reports/openmetrics.h"
#include "reports/results_json.h"
#include "reports/table.h"
#include "tasks/catalog.h"

namespace proctor {
namespace {

// Colours and the terminal's width on a terminal, plain 100 columns elsewhere.
TableOptions table_options() {
  TableOptions options;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return options;
  if (size.ws_col >= 40) options.width = size.ws_col;
  options.colour = std::getenv("NO_COLOR") == nullptr;
  return options;
}

// Whether run.json holds what confined the programs: a level and the hash of its self-test.
bool is_attested(const Json& run) {
  const Json* sandbox = find_member(run, "sandbox");
  const Json* test = sandbox == nullptr ? nullptr : find_member(*sandbox, "self_test");
  return test != nullptr && !get_string(*sandbox, "level").value_or("").empty() && !get_string(*test, "hash").value_or("").empty();
}

} // namespace

const Grader* RunGraders::find(const std::string& task, const std::string& slot) {
  auto known = graders_.find(task);
  if (known == graders_.end()) {
    auto graders = graders_in_run(run_, task); // a task of another version of proctor: votes by equal keys
    known = graders_.emplace(task, graders ? std::move(*graders) : Graders()).first;
  }
  for (const auto& grader : known->second)
    if (grader->slot() == slot) return grader.get();
  return nullptr;
}

Result<Summary> summarize(const std::string& run_dir, const std::vector<int>& extra_k, const PriceArgs& prices, const std::string& reference) {
  auto reader = RunReader::open(run_dir);
  if (!reader) return reader.error();
  RunGraders graders(reader->run_json());
  FoldOptions options;
  options.extra_k = extra_k;
  options.reference = reference;
  if (prices.given()) {
    auto pricing = choose_pricing(prices, priced_model(reader->run_json()));
    if (!pricing) return pricing.error();
    options.pricing = std::move(*pricing);
  }
  auto summary = fold_run(
      *reader, [&](const std::string& task, const std::string& slot) { return graders.find(task, slot); }, options);
  if (!summary) return summary;
  for (TaskSummary& task : summary->tasks) {
    task.needs_attestation = runs_code_in_run(reader->run_json(), task.name);
    task.attested = is_attested(reader->run_json());
  }
  return summary;
}

Status write_report_files(const Summary& summary, const std::vector<std::string>& formats, const std::string& dir) {
  for (const std::string& format : formats) {
    Status written;
    if (format == "json")
      written = write_file_atomically(dir + "/results.json", dump_json_pretty(results_json(summary)), Durable::no);
    else if (format == "md")
      written = write_file_atomically(dir + "/report.md", write_markdown(summary), Durable::no);
    else if (format == "html")
      written = write_file_atomically(dir + "/report.html", write_html(summary), Durable::no);
    else if (format == "junit")
      written = write_file_atomically(dir + "/junit.xml", write_junit(summary, nullptr, nullptr), Durable::no);
    else if (format == "csv")
      written = write_file_atomically(dir + "/results.csv", write_csv({&summary, 1}), Durable::no);
    else if (format == "openmetrics")
      written = write_file_atomically(dir + "/metrics.txt", write_openmetrics({&summary, 1}), Durable::no);
    if (!written) return written;
  }
  return {};
}

Status write_comparison(const std::vector<Summary>& summaries, const std::string& dir, bool print) {
  const std::vector<Frontier> frontiers = fold_frontiers(summaries);
  if (Status written = write_file_atomically(dir + "/comparison.html", write_runs_html(summaries, frontiers)); !written) return written;
  if (Status written = write_file_atomically(dir + "/comparison.json", dump_json_pretty(frontiers_json(frontiers))); !written) return written;
  if (print) fmt::print("{}", write_frontier_table(frontiers, table_options()));
  return {};
}

void print_table(const Summary& summary) {
  fmt::print("{}", write_table(summary, table_options()));
  std::fflush(stdout);
}

Json results_with_dir(const Summary& summary) {
  Json results = results_json(summary);
  results["run_dir"] = summary.run_dir;
  return results;
}

} // namespace proctor
