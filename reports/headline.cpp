// SPDX-License-Identifier: MIT
#include "reports/headline.h"

#include <algorithm>
#include <fmt/format.h>

#include "reports/text.h"

namespace proctor {
namespace {

std::string headline_cell(const Metric* metric) { return metric == nullptr ? "" : percent(metric->value); }

std::string headline_cell(const std::optional<Interval>& interval) { return interval ? interval_text(*interval) : ""; }

HeadlineRow make_row(const TaskSummary& task, const SlotSummary& slot) {
  HeadlineRow row;
  row.task = task.name;
  row.grader = slot.slot == "none" ? "" : slot.slot; // the only grader needs no name
  row.n = fmt::format("{} × {}", grouped(task.n_questions), grouped(task.n_samples));
  const Metric* maj = headline_metric(slot, MetricKind::maj_at);
  const Metric* best = headline_metric(slot, MetricKind::best_of);
  const Metric* pass = headline_metric(slot, MetricKind::pass_at);
  const Metric* pass_1 = find_metric(slot, "pass@1");
  row.pass_1 = headline_cell(pass_1);
  if (pass_1 != nullptr) {
    row.rerun = headline_cell(pass_1->rerun);
    row.generalise = headline_cell(pass_1->generalise);
  }
  row.maj = headline_cell(maj);
  row.best = headline_cell(best);
  row.pass = headline_cell(pass);
  row.maj_k = maj == nullptr ? 0 : maj->k;
  row.best_k = best == nullptr ? 0 : best->k;
  row.pass_k = pass == nullptr ? 0 : pass->k;
  row.format = headline_cell(find_metric(slot, "format"));
  row.truncated = headline_cell(find_metric(slot, "truncated"));
  row.per_correct = &slot == task.slots.data() ? per_correct_text(task.cost, false) : "";
  if (int64_t n = count_of(slot.verdicts, Verdict::not_graded); n > 0) row.not_graded = grouped(n);
  return row;
}

// The one k of all rows that have one, or 0.
int common_k(const std::vector<HeadlineRow>& rows, int HeadlineRow::* k) {
  int common = 0;
  for (const HeadlineRow& row : rows) {
    if (row.*k == 0) continue;
    if (common != 0 && common != row.*k) return 0;
    common = row.*k;
  }
  return common;
}

// In the cells where rows differ in it.
void say_k(std::vector<HeadlineRow>& rows, std::string HeadlineRow::* cell, int HeadlineRow::* k) {
  if (common_k(rows, k) != 0) return;
  for (HeadlineRow& row : rows)
    if (row.*k != 0) row.*cell += fmt::format(" @{}", row.*k);
}

std::string name_for(std::string_view family, int k) {
  return k == 0 ? fmt::format("{}@k", family) : fmt::format("{}@{}", family, k);
}

} // namespace

std::string per_correct_text(const CostSummary& cost, bool with_interval) {
  if (cost.usd_per_correct) {
    const bool sure = with_interval && cost.usd_per_correct->interval;
    return usd_rate_text(cost.usd_per_correct->value) + (sure ? " " + usd_rate_interval_text(*cost.usd_per_correct->interval) : "");
  }
  if (cost.usd_per_sample) return "none correct"; // money is known: tokens would tell of it no more
  if (cost.tokens_per_correct) return count_text(cost.tokens_per_correct->value) + " tokens";
  return cost.tokens_per_sample ? "none correct" : "";
}

std::vector<HeadlineRow> headline_rows(const Summary& summary) {
  std::vector<HeadlineRow> rows;
  for (const TaskSummary& task : summary.tasks) {
    for (const SlotSummary& slot : task.slots) rows.push_back(make_row(task, slot));
    if (task.slots.empty()) rows.push_back(make_row(task, {})); // nothing graded yet
  }
  say_k(rows, &HeadlineRow::maj, &HeadlineRow::maj_k);
  say_k(rows, &HeadlineRow::best, &HeadlineRow::best_k);
  say_k(rows, &HeadlineRow::pass, &HeadlineRow::pass_k);
  return rows;
}

HeadlineNames headline_names(const std::vector<HeadlineRow>& rows) {
  const bool any_best = std::ranges::any_of(rows, [](const HeadlineRow& row) { return row.best_k != 0; });
  return {name_for("maj", common_k(rows, &HeadlineRow::maj_k)), any_best ? name_for("best", common_k(rows, &HeadlineRow::best_k)) : "",
          name_for("pass", common_k(rows, &HeadlineRow::pass_k))};
}

} // namespace proctor
