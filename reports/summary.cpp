// SPDX-License-Identifier: MIT
#include "reports/summary.h"

#include <algorithm>

namespace proctor {

const Metric* find_metric(const SlotSummary& slot, std::string_view name) {
  auto it = std::ranges::find(slot.metrics, name, &Metric::name);
  return it == slot.metrics.end() ? nullptr : &*it;
}

const Metric* headline_metric(const SlotSummary& slot, MetricKind kind) {
  const Metric* best = nullptr;
  for (const Metric& metric : slot.metrics) { // ascending in k
    if (metric.kind != kind || metric.k < 2) continue;
    if (best == nullptr || metric.flag.empty()) best = &metric;
  }
  return best;
}

} // namespace proctor
