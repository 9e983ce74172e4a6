// SPDX-License-Identifier: MIT
#include "reports/table.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>

#include "harness/text/duration.h"
#include "reports/headline.h"
#include "reports/run_facts.h"
#include "reports/text.h"

namespace proctor {
namespace {

struct Column {
  std::string heading;
  bool left = false; // alignment
  int rank = 0;      // when the table is too wide, the highest rank goes first; 0 stays
  std::vector<std::string> cells;

  int width() const {
    int widest = display_width(heading);
    for (const std::string& cell : cells) widest = std::max(widest, display_width(cell));
    return widest;
  }
};

std::string padded(std::string_view text, int width, bool left) {
  const std::string space(static_cast<size_t>(std::max(0, width - display_width(text))), ' ');
  return left ? std::string(text) + space : space + std::string(text);
}

constexpr int kGap = 2;

int total_width(const std::vector<Column>& columns) {
  int width = -kGap;
  for (const Column& column : columns) width += column.width() + kGap;
  return width;
}

// Leaves out columns by rank while there is no room for them beside a short name, then shortens the names in the first
// column to what is left.
void fit(std::vector<Column>& columns, int width) {
  constexpr int kShortName = 24, kLeastName = 8;
  auto beside_first = [&] { return total_width(columns) - columns.front().width(); };
  while (beside_first() + std::min(kShortName, columns.front().width()) > width) {
    auto least = std::ranges::max_element(columns, {}, &Column::rank);
    if (least->rank == 0) break;
    columns.erase(least);
  }
  Column& first = columns.front();
  const int room = std::max(kLeastName, std::min(first.width(), width - beside_first()));
  first.heading = fit_width(first.heading, room);
  for (std::string& cell : first.cells) cell = fit_width(cell, room);
}

std::string rule(const std::vector<Column>& columns) {
  std::string line;
  for (int i = 0; i < total_width(columns); ++i) line += "─";
  return line + "\n";
}

std::string line_of(const std::vector<Column>& columns, const std::function<std::string(const Column&)>& cell) {
  std::string line;
  for (const Column& column : columns) {
    if (!line.empty()) line += std::string(kGap, ' ');
    line += padded(cell(column), column.width(), column.left);
  }
  return std::string(line.substr(0, line.find_last_not_of(' ') + 1)) + "\n";
}

std::vector<Column> make_columns(const std::vector<HeadlineRow>& rows) {
  const HeadlineNames names = headline_names(rows);
  std::vector<Column> columns = {
      {"task", true, 0, {}},    {"grader", true, 1, {}},      {"questions", false, 0, {}}, {"pass@1", false, 0, {}},
      {"rerun", false, 2, {}},  {"generalise", false, 1, {}}, {names.maj, false, 4, {}},   {names.best, false, 5, {}},  {names.pass, false, 5, {}},
      {"per correct", false, 3, {}}, {"format", false, 6, {}}, {"truncated", false, 4, {}},  {"not graded", false, 7, {}}};
  for (const HeadlineRow& row : rows) {
    const std::string cells[] = {visible_line(row.task),
                                 visible_line(row.grader),
                                 row.n,
                                 row.pass_1,
                                 row.rerun,
                                 row.generalise,
                                 row.maj,
                                 row.best,
                                 row.pass,
                                 row.per_correct,
                                 row.format,
                                 row.truncated,
                                 row.not_graded};
    for (size_t i = 0; i < columns.size(); ++i) columns[i].cells.push_back(cells[i]);
  }
  std::erase_if(columns, [](const Column& column) {
    const bool says_nothing = std::ranges::all_of(column.cells, [](const std::string& cell) { return cell.empty(); });
    return column.rank > 0 && says_nothing;
  });
  return columns;
}

struct Style {
  bool colour;
  std::string paint(std::string_view code, std::string_view text) const {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

// Breaks at spaces; later lines are indented under the first.
std::string wrapped(std::string_view mark, std::string_view text, int width) {
  std::string out, line(mark);
  const std::string indent(static_cast<size_t>(display_width(mark)), ' ');
  bool fresh = true;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!fresh && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line = indent;
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += word;
    fresh = false;
  }
  return out + line + "\n";
}

std::string heading(const Summary& summary, const Style& style) {
  std::string line = style.paint("1", visible_line(model_name(summary)));
  if (!summary.run_id.empty()) line += "  " + visible_line(summary.run_id);
  if (summary.seconds) line += "  " + duration_text(*summary.seconds);
  return line + "\n";
}

} // namespace

std::string write_table(const Summary& summary, const TableOptions& options) {
  const Style style{options.colour};
  std::vector<Column> columns = make_columns(headline_rows(summary));
  fit(columns, options.width);
  std::string out = heading(summary, style);
  if (!summary.model_note.empty()) out += wrapped("note: ", visible_line(summary.model_note), options.width);
  out += "\n" + style.paint("1", line_of(columns, [](const Column& column) { return column.heading; }));
  out += rule(columns);
  for (size_t row = 0; row < columns.front().cells.size(); ++row)
    out += line_of(columns, [&](const Column& column) { return column.cells[row]; });
  if (!summary.suites.empty() || !summary.published.empty()) out += "\n";
  for (const SuiteSummary& suite : summary.suites) out += wrapped("", visible_line(suite_text(suite)), options.width);
  for (const PublishedComparison& one : summary.published)
    out += wrapped(visible_line(one.task) + ": ", visible_line(comparison_text(one)), options.width);
  if (!summary.warnings.empty()) out += "\n";
  for (const std::string& warning : summary.warnings)
    out += style.paint("33", wrapped("warning: ", visible_line(warning), options.width));
  return out;
}

std::string write_frontier_table(std::span<const Frontier> frontiers, const TableOptions& options) {
  const Style style{options.colour};
  std::string out;
  for (const Frontier& frontier : frontiers) {
    std::vector<Column> columns = {{"run", true, 0, {}}, {"pass@1", false, 0, {}}, {"generalise", false, 2, {}}, {frontier.in_tokens ? "tokens/sample" : "USD/sample", false, 0, {}},
                                   {"95%", false, 1, {}}, {"frontier", false, 3, {}}};
    for (const FrontierPoint& point : frontier.points) {
      const auto& interval = point.cost.interval;
      const std::string cells[] = {visible_line(point.label), percent(point.score), point.score_interval ? interval_text(*point.score_interval) : "", cost_text(point.cost.value, frontier.in_tokens),
                                   interval ? cost_interval_text(*interval, frontier.in_tokens) : "", point.on_frontier ? "yes" : ""};
      for (size_t i = 0; i < columns.size(); ++i) columns[i].cells.push_back(cells[i]);
    }
    fit(columns, options.width);
    out += "\n" + style.paint("1", visible_line(frontier.task)) + "\n" + line_of(columns, [](const Column& column) { return column.heading; }) + rule(columns);
    for (size_t row = 0; row < frontier.points.size(); ++row)
      out += line_of(columns, [&](const Column& column) { return column.cells[row]; });
    for (const CostComparison& comparison : frontier.comparisons) out += wrapped("", visible_line(comparison.sentence), options.width);
    if (!frontier.note.empty()) out += wrapped("", visible_line(frontier.note), options.width);
  }
  return out;
}

} // namespace proctor
