// SPDX-License-Identifier: MIT
#include "reports/html_published.h"

#include <fmt/format.h>

#include "reports/html_parts.h"
#include "reports/text.h"

namespace proctor {
namespace {

std::string verdict_of(const PublishedComparison& one) {
  if (one.allowance) return fmt::format("{} (± {:.1f} points)", to_string(one.standing), *one.allowance * 100);
  return "not comparable: " + fmt::format("{}", fmt::join(one.differs, "; "));
}

} // namespace

std::string published_section(const Summary& summary) {
  if (summary.published.empty()) return "";
  std::string rows;
  for (const PublishedComparison& one : summary.published) {
    const std::string what = one.samples ? fmt::format("{} of {}", one.metric, plural(*one.samples, "sample")) : one.metric;
    rows += "<tr>" + row_head(one.task) + cell(html_line(what), "l") + cell(percent(one.published), "lead") + cell(percent(one.value), "lead") +
            cell(interval_text(one.interval)) + cell(html_line(verdict_of(one)), "l") + cell(html_line(one.model + ", " + one.source), "l") + "</tr>";
  }
  return R"(<section class="card" aria-label="Published numbers"><header><h2>Beside published numbers</h2></header>)" +
         html_table("What was published for this model, and what this run has",
                    head_cell("task", true) + head_cell("published as", true) + head_cell("published") + head_cell("this run") + head_cell("rerun 95%") +
                        head_cell("within what chance allows?", true) + head_cell("source", true),
                    rows) +
         "</section>";
}

} // namespace proctor
