// SPDX-License-Identifier: MIT
#include "reports/summary.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <numeric>

#include "reports/text.h"

namespace proctor {

bool is_recorded(const Summary& summary) { return get_string(summary.model_details, "backend") == "recorded"; }

const Json* known_sampling(const Summary& summary) { return is_recorded(summary) ? nullptr : find_member(summary.options, "sampling"); }

int counted_samples(const TaskSummary& task) {
  const bool early = !task.slots.empty() && task.slots.front().saving;
  return early ? task.slots.front().saving->prefix : std::numeric_limits<int>::max();
}

const SlotSummary* find_slot(const TaskSummary& task, std::string_view slot) {
  auto found = std::ranges::find(task.slots, slot, &SlotSummary::slot);
  return found == task.slots.end() ? nullptr : &*found;
}

const TaskSummary* find_task(const Summary& summary, std::string_view task) {
  auto found = std::ranges::find(summary.tasks, task, &TaskSummary::name);
  return found == summary.tasks.end() ? nullptr : &*found;
}

std::string why_ungraded(const TaskSummary& task) {
  if (task.n_stale_grades == 0) return "nothing is graded";
  return fmt::format("nothing is graded by the rules and reference answers that this proctor has ({} made under others); `proctor grade RUN` does it",
                     plural(task.n_stale_grades, "grade"));
}

std::optional<double> share_of_samples(const SlotSummary& slot, Verdict verdict) {
  const int64_t n = std::accumulate(slot.counted.begin(), slot.counted.end(), int64_t{0});
  if (n == 0) return std::nullopt;
  return static_cast<double>(count_of(slot.counted, verdict)) / static_cast<double>(n);
}

const Metric* find_metric(const SlotSummary& slot, std::string_view name) {
  auto it = std::ranges::find(slot.metrics, name, &Metric::name);
  return it == slot.metrics.end() ? nullptr : &*it;
}

const Metric* headline_metric(const SlotSummary& slot, MetricKind kind) {
  const int settled_k = slot.saving && kind == MetricKind::maj_at ? slot.saving->k : 0; // the vote that the run was for
  const Metric* best = nullptr;
  for (const Metric& metric : slot.metrics) { // ascending in k
    if (metric.kind != kind || metric.k < 2) continue;
    if (best == nullptr || metric.flag.empty() || metric.k == settled_k) best = &metric;
  }
  return best;
}

} // namespace proctor
