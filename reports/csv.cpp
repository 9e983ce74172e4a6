// SPDX-License-Identifier: MIT
#include "reports/csv.h"

#include <fmt/format.h>

#include "reports/text.h"

namespace proctor {
namespace {

std::string csv_text(std::string_view text) {
  std::string shown = visible_line(text);
  const size_t first = shown.find_first_not_of(' '); // a tab is a space by now
  const bool formula = first != shown.npos && std::string_view("=+-@").find(shown[first]) != std::string_view::npos;
  if (formula) shown.insert(0, "'");
  if (shown.find_first_of(",\"") == shown.npos) return shown;
  std::string quoted = "\"";
  for (char c : shown) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string number(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }

std::string limits(const std::optional<Interval>& interval) {
  return interval ? fmt::format("{},{}", interval->lo, interval->hi) : ",";
}

// The columns that say what a number is about.
std::string subject(const Summary& summary, const TaskSummary& task, std::string_view grader) {
  return csv_text(summary.run_id) + "," + csv_text(summary.model) + "," + csv_text(task.name) + "," + csv_text(grader) + ",";
}

std::string metric_rows(const Summary& summary, const TaskSummary& task, const SlotSummary& slot) {
  std::string out;
  for (const Metric& metric : slot.metrics)
    out += subject(summary, task, slot.slot) + csv_text(metric.name) + "," + number(metric.value) + "," + limits(metric.rerun) + "," +
           limits(metric.generalise) + fmt::format(",{},{},{},", metric.n_questions, metric.n_samples, metric.n_short) +
           csv_text(metric.definition) + ",\r\n";
  return out;
}

std::string cost_rows(const Summary& summary, const TaskSummary& task) {
  const CostSummary& cost = task.cost;
  std::string out;
  auto row = [&](std::string_view name, const std::optional<double>& value, const std::optional<Interval>& interval) {
    if (value)
      out += subject(summary, task, "") + std::string(name) + "," + number(value) + ",,," + limits(interval) +
             fmt::format(",{},,,", task.n_questions) + csv_text(cost.what) + fmt::format(",{}\r\n", cost.n_attempts);
  };
  auto ratio = [&](std::string_view name, const std::optional<Ratio>& value) {
    if (value) row(name, value->value, value->interval);
  };
  row("usd", cost.usd, {});
  row("waste_usd", cost.waste_usd, {});
  ratio("usd_per_question", cost.usd_per_question);
  ratio("usd_per_sample", cost.usd_per_sample);
  ratio("usd_per_correct", cost.usd_per_correct);
  ratio("usd_per_solved", cost.usd_per_solved);
  ratio("tokens_per_question", cost.tokens_per_question);
  ratio("tokens_per_correct", cost.tokens_per_correct);
  return out;
}

} // namespace

std::string write_csv(std::span<const Summary> summaries) {
  std::string out = "run,model,task,grader,metric,value,rerun_lo,rerun_hi,generalise_lo,generalise_hi,n_questions,n_samples,n_short,definition,n_attempts\r\n";
  for (const Summary& summary : summaries)
    for (const TaskSummary& task : summary.tasks) {
      for (const SlotSummary& slot : task.slots) out += metric_rows(summary, task, slot);
      out += cost_rows(summary, task);
    }
  return out;
}

} // namespace proctor
