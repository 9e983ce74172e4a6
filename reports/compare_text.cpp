// SPDX-License-Identifier: MIT
#include "reports/compare_text.h"

#include <cmath>
#include <fmt/format.h>

#include "reports/text.h"

namespace proctor {
namespace {

constexpr size_t kMostFlips = 12; // in text; JSON has all

std::string task_label(const TaskComparison& task) {
  return task.slot == "none" ? task.task : task.task + " (" + task.slot + ")";
}

// An interval that excludes zero beside a p that is not small looks like a contradiction.
std::string few_clusters(const TaskComparison& task) {
  if (!task.too_few_clusters || !task.generalise.p) return "";
  return fmt::format(" ({} can give no p below {})", plural(task.n_clusters, "cluster"), p_text(least_sign_flip_p(task.n_clusters)));
}

std::string scope_line(std::string_view name, std::string_view meaning, const ScopeResult& scope, const std::string& remark = "") {
  std::string line = fmt::format("  {:<12}", name);
  line += scope.interval ? fmt::format("{:.4g}% {}", 100 * scope.interval->level, points_interval(*scope.interval)) : "no interval: " + scope.why_none;
  if (scope.p) line += ", " + p_is(*scope.p);
  if (scope.p_holm && *scope.p_holm != *scope.p) line += fmt::format(" (Holm {})", p_text(*scope.p_holm));
  if (!scope.test.empty()) line += fmt::format("  {}", scope.test);
  return line + remark + fmt::format("  - {}\n", meaning);
}

std::string flips_line(std::string_view name, const std::vector<Flip>& flips) {
  if (flips.empty()) return "";
  std::string line = fmt::format("  {:<12}{}:", name, flips.size());
  for (size_t i = 0; i < std::min(kMostFlips, flips.size()); ++i)
    line += fmt::format("{} {}{}", i == 0 ? "" : ",", visible_line(flips[i].doc_id), flips[i].significant ? "*" : "");
  if (flips.size() > kMostFlips) line += fmt::format(", and {} more", flips.size() - kMostFlips);
  return line + "\n";
}

// Questions of this kind, asked as often, until a difference of two points is seen instead of `seen`.
int64_t questions_like(const TaskComparison& task, double seen) {
  constexpr double kWanted = 0.02;
  return static_cast<int64_t>(std::ceil(double(task.n_questions) * (seen / kWanted) * (seen / kWanted) - 1e-9));
}

// "6.1 points"; no change is larger than 100.
std::string seen_text(double detectable) {
  return detectable < 1 ? fmt::format("{:.1f} points", 100 * detectable) : "nothing below 100 points";
}

// "sees 6.1 points on these questions, 9.3 points in general (80% power)"
std::string sees_line(const TaskComparison& task, const CompareOptions& options) {
  std::string line;
  if (task.fixed.detectable) line += seen_text(*task.fixed.detectable) + " on these questions";
  if (task.generalise.detectable) line += (line.empty() ? "" : ", ") + seen_text(*task.generalise.detectable) + " in general";
  if (!line.empty()) line += fmt::format(" ({:.0f}% power)", 100 * options.power);
  if (task.too_few_clusters)
    line += fmt::format("{}nothing in general: {} too few", line.empty() ? "" : ", ", task.n_clusters == 1 ? "1 cluster is" : plural(task.n_clusters, "cluster") + " are");
  return line.empty() ? "" : "  sees        " + line + "\n";
}

int64_t samples_per_question(int64_t samples, const TaskComparison& task) { return std::max<int64_t>(1, std::llround(double(samples) / double(task.n_questions))); }

// "x 4 samples"; where the runs differ, of either.
std::string samples_text(const TaskComparison& task) {
  const int64_t base = samples_per_question(task.n_base_samples, task), cand = samples_per_question(task.n_cand_samples, task);
  return base == cand ? plural(cand, "sample") : fmt::format("{} in the first run and {} in the second", plural(base, "sample"), grouped(cand));
}

// "2 points would need 1,071 questions x 4 samples on a fixed suite, ..."
std::string planning_line(const TaskComparison& task, const CompareOptions& options) {
  std::string line = sees_line(task, options);
  if (!task.fixed.detectable) return line;
  const int64_t fixed = questions_like(task, *task.fixed.detectable);
  const int64_t general = task.generalise.detectable ? questions_like(task, *task.generalise.detectable) : fixed;
  line += fmt::format("  2 points    would need {} x {} on a fixed suite, ", plural(fixed, "question"), samples_text(task));
  if (task.too_few_clusters) return line + "more clusters in general\n";
  // The noise of drawing questions cannot make fewer questions enough: such an estimate is chance.
  line += general > fixed ? fmt::format("{} in general\n", grouped(general))
                          : std::string("no more in general as far as these answers tell\n");
  return line;
}

std::string task_text(const TaskComparison& task, const CompareOptions& options) {
  std::string out = visible_line(task_label(task)) + "\n";
  if (!task.incomparable.empty()) return out + "  cannot be compared: " + visible_line(task.incomparable) + "\n";
  out += fmt::format("  {:<12}{} -> {}  ({} points, {})\n", task.metric, percent(task.base), percent(task.cand),
                     points(task.difference), plural(task.n_questions, "question"));
  out += scope_line("fixed", "these questions again", task.fixed);
  out += scope_line("generalise", "questions like these", task.generalise, few_clusters(task));
  if (task.odds_ratio) out += fmt::format("  odds ratio  {:.3f} (Mantel-Haenszel)\n", *task.odds_ratio);
  if (task.tokens) out += fmt::format("  tokens      x {} per answer\n", ratio_text(*task.tokens));
  out += flips_line("gained", task.gained) + flips_line("lost", task.lost);
  out += planning_line(task, options);
  for (const std::string& note : task.notes) out += "  note: " + visible_line(note) + "\n";
  return out;
}

Json scope_json(const ScopeResult& scope) {
  Json json = Json::object();
  if (scope.interval)
    json = {{"lo", scope.interval->lo}, {"hi", scope.interval->hi}, {"level", scope.interval->level}, {"method", scope.interval->method}};
  if (scope.p) json["p"] = *scope.p;
  if (scope.p_holm) json["p_holm"] = *scope.p_holm;
  if (!scope.test.empty()) json["test"] = scope.test;
  if (scope.se) json["se"] = *scope.se;
  if (scope.detectable) json["mdd"] = *scope.detectable;
  return json;
}

Json ids_json(const std::vector<Flip>& flips) {
  Json ids = Json::array();
  for (const Flip& flip : flips) ids.push_back(flip.doc_id);
  return ids;
}

Json flips_json(const TaskComparison& task) {
  Json list = Json::array();
  for (const auto* flips : {&task.gained, &task.lost})
    for (const Flip& flip : *flips)
      list.push_back({{"doc_id", flip.doc_id}, {"a", flip.base}, {"b", flip.cand}, {"p", flip.p}, {"significant", flip.significant}});
  return list;
}

Json task_json(const TaskComparison& task) {
  if (!task.incomparable.empty()) return {{"metric", task.metric}, {"incomparable", task.incomparable}};
  Json json = {{"metric", task.metric}, {"a", task.base}, {"b", task.cand}, {"diff", task.difference}, {"scope", "fixed"}};
  json.update(scope_json(task.fixed));
  if (task.p_exact) json["p_exact"] = *task.p_exact;
  if (task.odds_ratio) json["odds_ratio"] = *task.odds_ratio;
  json["generalise"] = scope_json(task.generalise);
  if (task.bootstrap)
    json["bootstrap"] = {{"lo", task.bootstrap->lo}, {"hi", task.bootstrap->hi}, {"level", task.bootstrap->level}, {"method", task.bootstrap->method}};
  if (task.tokens) {
    json["tokens"] = {{"ratio", task.tokens->ratio}};
    if (const auto& interval = task.tokens->interval) json["tokens"].update({{"lo", interval->lo}, {"hi", interval->hi}});
  }
  json["n_questions"] = task.n_questions;
  json["n_samples"] = {task.n_base_samples, task.n_cand_samples};
  json["n_only"] = {task.n_base_only, task.n_cand_only};
  json["gained"] = ids_json(task.gained);
  json["lost"] = ids_json(task.lost);
  json["flips"] = flips_json(task);
  json["within"] = task.within;
  json["between"] = task.between;
  if (!task.notes.empty()) json["notes"] = task.notes;
  return json;
}

} // namespace

std::string points(double difference) { return fmt::format("{:+.1f}", 100 * difference); }

std::string points_interval(const Interval& interval) {
  return fmt::format("[{:+.1f}, {:+.1f}]", 100 * interval.lo, 100 * interval.hi);
}

std::string ratio_text(const GeometricRatio& tokens) {
  return fmt::format("{:.3f}", tokens.ratio) + (tokens.interval ? fmt::format(" [{:.3f}, {:.3f}]", tokens.interval->lo, tokens.interval->hi) : "");
}

std::string p_text(double p) { return p < 1e-6 ? "< 1e-6" : fmt::format("{:.2g}", p); }

std::string p_is(double p) { return p < 1e-6 ? "p < 1e-6" : "p = " + p_text(p); }

std::string compare_table(const Comparison& comparison, const CompareOptions& options) {
  std::string out = fmt::format("{}  ->  {}\n", visible_line(comparison.base_name), visible_line(comparison.cand_name));
  for (const std::string& note : comparison.notes) out += "note: " + visible_line(note) + "\n";
  for (const TaskComparison& task : comparison.tasks) out += "\n" + task_text(task, options);
  return out;
}

std::string compare_markdown(const Comparison& comparison, const CompareOptions& options) {
  std::string out = fmt::format("## {} → {}\n\n| task | base | cand | diff | fixed {:.0f}% | p | generalise {:.0f}% | p |\n|:--|--:|--:|--:|--:|--:|--:|--:|\n",
                                markdown_text(comparison.base_name), markdown_text(comparison.cand_name), 100 * options.level, 100 * options.level);
  for (const TaskComparison& task : comparison.tasks) {
    if (!task.incomparable.empty()) {
      out += fmt::format("| {} | cannot be compared: {} | | | | | | |\n", markdown_text(task_label(task)), markdown_text(task.incomparable));
      continue;
    }
    auto cells = [](const ScopeResult& scope) {
      return fmt::format("{} | {}", scope.interval ? points_interval(*scope.interval) : "", scope.p ? p_text(*scope.p) : "");
    };
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", markdown_text(task_label(task)), percent(task.base), percent(task.cand),
                       points(task.difference), cells(task.fixed), cells(task.generalise));
  }
  for (const TaskComparison& task : comparison.tasks) {
    if (task.gained.empty() && task.lost.empty()) continue;
    out += fmt::format("\n<details><summary>{}: {} gained, {} lost</summary>\n\n", html_line(task_label(task)), task.gained.size(), task.lost.size());
    for (const auto* flips : {&task.gained, &task.lost})
      for (size_t i = 0; i < std::min(kMostFlips, flips->size()); ++i)
        out += fmt::format("- {} {} → {}{}\n", markdown_text((*flips)[i].doc_id), percent((*flips)[i].base), percent((*flips)[i].cand),
                           (*flips)[i].significant ? " (significant)" : "");
    out += "\n</details>\n";
  }
  for (const std::string& note : comparison.notes) out += "\n> " + markdown_text(note) + "\n";
  return out;
}

Json compare_json(const Comparison& comparison) {
  Json tasks = Json::object();
  for (const TaskComparison& task : comparison.tasks)
    tasks[task.slot == "none" ? task.task : task.task + "," + task.slot] = task_json(task);
  Json json = {{"a", comparison.base_name}, {"b", comparison.cand_name}, {"tasks", tasks}};
  if (!comparison.notes.empty()) json["notes"] = comparison.notes;
  return json;
}

} // namespace proctor
