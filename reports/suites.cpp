// SPDX-License-Identifier: MIT
#include "reports/suites.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "reports/summary.h"
#include "reports/text.h"

namespace proctor {
namespace {

using Members = std::vector<const TaskSummary*>;

std::optional<Interval> mean_interval(const std::vector<const Metric*>& parts, double mean, std::optional<Interval> Metric::* which) {
  double below = 0, above = 0;
  for (const Metric* part : parts) {
    const auto& interval = part->*which;
    if (!interval) return std::nullopt;
    below += std::pow(part->value - interval->lo, 2);
    above += std::pow(interval->hi - part->value, 2);
  }
  const auto n = static_cast<double>(parts.size());
  return Interval{std::max(0.0, mean - std::sqrt(below) / n), std::min(1.0, mean + std::sqrt(above) / n), kLevel, "root of the summed squares of the tasks' halves"};
}

std::optional<double> mean_se(const std::vector<const Metric*>& parts) {
  double squares = 0;
  for (const Metric* part : parts) {
    if (!part->se) return std::nullopt;
    squares += *part->se * *part->se;
  }
  return std::sqrt(squares) / static_cast<double>(parts.size());
}

// nullopt where a task lacks the metric.
std::optional<SuiteMetric> mean_of(const Members& members, const std::string& name, const std::string& slot) {
  std::vector<const Metric*> parts;
  double sum = 0;
  for (const TaskSummary* task : members) {
    const bool same = !task->slots.empty() && task->slots.front().slot == slot;
    const Metric* part = same ? find_metric(task->slots.front(), name) : nullptr;
    if (part == nullptr) return std::nullopt;
    parts.push_back(part);
    sum += part->value;
  }
  const double mean = sum / static_cast<double>(parts.size());
  return SuiteMetric{name + "," + slot, mean, mean_interval(parts, mean, &Metric::rerun), mean_interval(parts, mean, &Metric::generalise), mean_se(parts)};
}

SuiteSummary mean_of(const std::string& name, const Members& members) {
  SuiteSummary suite{name, {}, {}};
  for (const TaskSummary* task : members) suite.tasks.push_back(task->name);
  if (members.front()->slots.empty()) return suite;
  const SlotSummary& first = members.front()->slots.front();
  for (const Metric& metric : first.metrics)
    if (auto mean = mean_of(members, metric.name, first.slot)) suite.metrics.push_back(std::move(*mean));
  return suite;
}

} // namespace

std::vector<SuiteSummary> suite_means(const std::vector<TaskSummary>& tasks) {
  std::vector<std::pair<std::string, Members>> suites; // in the order of the run
  for (const TaskSummary& task : tasks) {
    if (task.suite.empty()) continue;
    auto known = std::ranges::find(suites, task.suite, &std::pair<std::string, Members>::first);
    if (known == suites.end()) known = suites.insert(known, {task.suite, {}});
    known->second.push_back(&task);
  }
  std::vector<SuiteSummary> means;
  for (const auto& [name, members] : suites)
    if (members.size() > 1) means.push_back(mean_of(name, members));
  return means;
}

std::string suite_text(const SuiteSummary& suite) {
  std::string text = fmt::format("{}: mean of {}", suite.name, plural(static_cast<int64_t>(suite.tasks.size()), "task"));
  const auto pass_1 = std::ranges::find_if(suite.metrics, [](const SuiteMetric& metric) { return metric.name.starts_with("pass@1,"); });
  if (pass_1 == suite.metrics.end()) return text + ": not every task has a pass@1";
  text += fmt::format(": pass@1 {}", percent(pass_1->value));
  if (pass_1->rerun) text += ", rerun " + interval_text(*pass_1->rerun);
  if (pass_1->generalise) text += ", generalise " + interval_text(*pass_1->generalise);
  return text;
}

} // namespace proctor
