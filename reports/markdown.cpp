// SPDX-License-Identifier: MIT
#include "reports/markdown.h"

#include <fmt/format.h>

#include "reports/charts.h"
#include "reports/headline.h"
#include "reports/run_facts.h"
#include "reports/text.h"

namespace proctor {
namespace {

std::string row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + cell + " |";
  return out + "\n";
}

std::string head(const std::vector<std::string>& names) {
  std::string out = row(names) + "|";
  for (size_t i = 0; i < names.size(); ++i) out += i == 0 ? ":--|" : "--:|";
  return out + "\n";
}

std::string headline_table(const Summary& summary) {
  const std::vector<HeadlineRow> rows = headline_rows(summary);
  const HeadlineNames names = headline_names(rows);
  // "best@k" stands where some row has it.
  auto line = [&](std::vector<std::string> cells, const std::string& best) {
    if (!names.best.empty()) cells.insert(cells.begin() + 7, best);
    return cells;
  };
  std::string out = head(line({"task", "grader", "questions", "pass@1", "rerun 95%", "generalise 95%", names.maj,
                               names.pass, "per correct", "format", "truncated", "not graded"}, names.best));
  for (const HeadlineRow& one : rows)
    out += row(line({markdown_text(one.task), markdown_text(one.grader), one.n,
                     one.pass_1.empty() ? "" : "**" + one.pass_1 + "**", one.rerun, one.generalise, one.maj, one.pass,
                     one.per_correct.empty() ? "" : markdown_text(one.per_correct), one.format, one.truncated, one.not_graded}, one.best));
  return out + "\n`rerun`: these questions again. `generalise`: questions like these. 95% intervals of pass@1.\n";
}

std::string warnings(const Summary& summary) {
  std::string out;
  for (const std::string& warning : summary.warnings) out += "> ⚠ " + markdown_text(warning) + "\n>\n";
  return out.empty() ? out : out.substr(0, out.size() - 2) + "\n";
}

// What is said of several tasks, and of numbers published elsewhere.
std::string beside_list(const Summary& summary) {
  std::string out;
  for (const SuiteSummary& suite : summary.suites) out += fmt::format("- {}\n", markdown_text(suite_text(suite)));
  for (const PublishedComparison& one : summary.published) out += fmt::format("- {}: {}\n", markdown_text(one.task), markdown_text(comparison_text(one)));
  return out.empty() ? out : out + "\n";
}

std::string verdict_line(const SlotSummary& slot) {
  std::string out;
  for (Verdict verdict : kAllVerdicts)
    if (int64_t n = count_of(slot.verdicts, verdict); n > 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", verdict_words(verdict), grouped(n));
  return out.empty() ? out : "Verdicts: " + out + ".\n\n";
}

std::string metric_table(const SlotSummary& slot) {
  std::string out =
      head({"metric", "value", "rerun 95%", "generalise 95%", "questions", "samples", "short", "definition"});
  for (const Metric& metric : slot.metrics)
    out += row({markdown_text(metric.name), percent(metric.value), metric.rerun ? interval_text(*metric.rerun) : "",
                metric.generalise ? interval_text(*metric.generalise) : "", grouped(metric.n_questions),
                grouped(metric.n_samples), grouped(metric.n_short),
                markdown_text(metric.definition + (metric.flag.empty() ? "" : " (" + metric.flag + ")"))});
  return out + "\n";
}

std::string level_table(const SlotSummary& slot) {
  if (slot.levels.empty()) return "";
  std::string out = head({"level", "questions", "samples", "pass@1"});
  for (const LevelRow& level : slot.levels)
    out += row(
        {markdown_text(level.level), grouped(level.n_questions), grouped(level.n_samples), percent(level.pass_1)});
  return out + "\n";
}

std::string slot_details(const TaskSummary& task, const SlotSummary& slot) {
  const std::string grader = slot.slot == "none" ? "" : " (" + slot.slot + ")";
  return fmt::format("<details><summary>{}</summary>\n\n", html_line(task.name + grader)) + verdict_line(slot) +
         metric_table(slot) + level_table(slot) + "</details>\n\n";
}

std::string facts_line(const Summary& summary) {
  std::string out;
  for (const std::string& fact : headline_facts(summary)) out += (out.empty() ? "" : " · ") + markdown_text(fact);
  return out + "\n\n";
}

// A fence longer than any run of backticks inside, so that the command cannot end it.
std::string code_block(std::string_view text) {
  const std::string shown = visible_text(text);
  std::string fence = "```";
  while (shown.find(fence) != std::string::npos) fence += '`';
  return fence + "sh\n" + shown + "\n" + fence + "\n";
}

std::string environment(const Summary& summary) {
  std::string out = "<details><summary>How this was measured</summary>\n\n";
  for (const auto& [name, value] : run_facts(summary))
    out += "- " + markdown_text(name) + ": " + markdown_text(value) + "\n";
  if (!summary.command.empty()) out += "\n" + code_block(summary.command);
  return out + "\n</details>\n";
}

} // namespace

std::string write_markdown(const Summary& summary) {
  std::string out = "## " + markdown_text(model_name(summary)) + "\n\n" + facts_line(summary);
  if (!summary.model_note.empty()) out += "> **About this model:** " + markdown_text(summary.model_note) + "\n\n";
  out += headline_table(summary) + "\n" + beside_list(summary);
  if (!summary.warnings.empty()) out += warnings(summary) + "\n";
  for (const TaskSummary& task : summary.tasks)
    for (const SlotSummary& slot : task.slots) out += slot_details(task, slot);
  return out + environment(summary);
}

} // namespace proctor
