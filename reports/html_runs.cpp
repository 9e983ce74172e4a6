// SPDX-License-Identifier: MIT
#include "reports/html_runs.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "reports/charts.h"
#include "reports/compare.h"
#include "reports/cost_charts.h"
#include "reports/headline.h"
#include "reports/html_parts.h"
#include "reports/run_facts.h"
#include "reports/text.h"

namespace proctor {
namespace {

constexpr size_t kMostFlips = 60;
constexpr size_t kMostRunsInMatrix = 24;

// One task of one run.
struct Column {
  size_t run;
  const Summary* summary;
  const TaskSummary* task;
};

std::vector<std::string> task_names(std::span<const Summary> summaries) {
  std::vector<std::string> names;
  for (const Summary& summary : summaries)
    for (const TaskSummary& task : summary.tasks)
      if (std::ranges::find(names, task.name) == names.end()) names.push_back(task.name);
  return names;
}

std::vector<Column> columns_of(std::span<const Summary> summaries, std::string_view name) {
  std::vector<Column> columns;
  for (size_t run = 0; run < summaries.size(); ++run)
    for (const TaskSummary& task : summaries[run].tasks)
      if (task.name == name && !task.slots.empty()) columns.push_back({run, &summaries[run], &task});
  return columns;
}

std::string run_name(const Summary& summary) {
  return model_name(summary) + (summary.run_id.empty() ? "" : " · " + summary.run_id.substr(0, 8));
}

std::string lettered(size_t run, std::string_view name) { return run_letter(run) + " · " + std::string(name); }
std::string lettered(const Column& column) { return lettered(column.run, run_name(*column.summary)); }

// What a run was asked for, by name.
std::map<std::string, std::string> asked_of(const Summary& summary) {
  std::map<std::string, std::string> asked;
  for (const Json* options : {&summary.options, known_sampling(summary)}) {
    if (options == nullptr || !options->is_object()) continue;
    for (const auto& [name, value] : options->items())
      if (name != "sampling") asked[name] = scalar_text(value).value_or(dump_json(value));
  }
  for (std::string_view name : kAnsweringOptions)
    if (find_member(summary.model_details, name) != nullptr) asked[std::string(name)] = member_text(summary.model_details, name);
  return asked;
}

// The options in which runs of one model differ: all that tells them apart. "seed 2, top_p 0.9"
std::string telling_options(std::span<const Summary> summaries, size_t run) {
  std::string out;
  for (const auto& option : asked_of(summaries[run])) {
    const std::string &name = option.first, &value = option.second;
    if (value.empty() || name == "temperature" || name == "max_tokens") continue; // headline_facts has these
    const bool tells = std::ranges::any_of(summaries, [&](const Summary& other) {
      if (model_name(other) != model_name(summaries[run])) return false;
      const auto theirs = asked_of(other);
      const auto found = theirs.find(name);
      return found == theirs.end() || found->second != value;
    });
    if (tells) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, fit_width(visible_line(value), 40));
  }
  return out;
}

// Which run each letter of the charts stands for.
std::string key(std::span<const Summary> summaries) {
  std::string items;
  for (size_t run = 0; run < summaries.size(); ++run) {
    std::string facts;
    for (const std::string& fact : headline_facts(summaries[run])) facts += (facts.empty() ? "" : ", ") + fact;
    if (const std::string options = telling_options(summaries, run); !options.empty()) facts += "; " + options;
    items += fmt::format(R"(<li><b class="letter">{}</b> {} <span class="small muted">{}</span></li>)", run_letter(run), html_line(run_name(summaries[run])), html_line(facts));
  }
  return R"(<ul class="plain runs">)" + items + "</ul>";
}

struct Remark {
  std::string text;
  std::string letters; // of the runs that it is about: "A", "A, C"
};

// What is said of the runs, each thing once, in the order of the runs.
class Remarks {
 public:
  void add(size_t run, const std::string& text) {
    if (text.empty()) return;
    const auto said = std::ranges::find(all_, text, &Remark::text);
    if (said == all_.end())
      all_.push_back({text, run_letter(run)});
    else
      said->letters += ", " + run_letter(run);
  }
  const std::vector<Remark>& all() const { return all_; }

 private:
  std::vector<Remark> all_;
};

std::string model_notes(std::span<const Summary> summaries) {
  Remarks notes;
  for (size_t run = 0; run < summaries.size(); ++run) notes.add(run, summaries[run].model_note);
  std::string out;
  for (const Remark& note : notes.all())
    out += fmt::format(R"(<p class="note"><strong>About the model of {}:</strong> {}</p>)", note.letters, html_line(note.text));
  return out;
}

std::string run_warnings(std::span<const Summary> summaries) {
  Remarks warnings;
  for (size_t run = 0; run < summaries.size(); ++run)
    for (const std::string& warning : summaries[run].warnings) warnings.add(run, warning);
  std::string items;
  for (const Remark& warning : warnings.all()) items += fmt::format(R"(<li><b>{}</b>: {}</li>)", warning.letters, html_line(warning.text));
  return warnings_html(items);
}

constexpr size_t kMostInHeadline = 3;

size_t n_comparisons(std::span<const Frontier> frontiers) {
  size_t n = 0;
  for (const Frontier& frontier : frontiers) n += frontier.comparisons.size();
  return n;
}

constexpr double kAlike = 1e-9;  // scores that differ by less differ by rounding
constexpr size_t kMostNamed = 3; // of the runs that share the highest score

// "B · r1 scores highest, 71.0% [68.1, 73.8]"; "B · r1, C · demo and 4 more score highest, 100.0% ..."
std::string highest(std::span<const Summary> summaries, const Frontier& frontier) {
  const FrontierPoint& best = *std::ranges::max_element(frontier.points, {}, &FrontierPoint::score);
  std::vector<size_t> runs;
  for (const FrontierPoint& point : frontier.points)
    if (point.score > best.score - kAlike) runs.push_back(point.run);
  std::ranges::sort(runs);
  std::string names;
  for (size_t i = 0; i < std::min(kMostNamed, runs.size()); ++i)
    names += (i == 0 ? "" : i + 1 == runs.size() ? " and " : ", ") + html_line(lettered(runs[i], run_name(summaries[runs[i]])));
  if (runs.size() > kMostNamed) names += fmt::format(" and {} more", runs.size() - kMostNamed);
  return fmt::format("{} {} highest, {}{}", names, runs.size() == 1 ? "scores" : "score", percent(best.score), best.score_interval ? " " + interval_text(*best.score_interval) : "");
}

// "gen/arith: B · r1 scores highest, 71.0% [68.1, 73.8]; C · demo is the cheapest, $0.12 per million correct answers."
std::string best_of(std::span<const Summary> summaries, const Frontier& frontier) {
  const std::vector<Column> columns = columns_of(summaries, frontier.task);
  std::string text = fmt::format("<b>{}</b>: {}", html_line(frontier.task), highest(summaries, frontier));
  auto cost_of = [&](const Column& column) {
    const CostSummary& cost = column.task->cost;
    return frontier.in_tokens ? cost.tokens_per_correct : cost.usd_per_correct;
  };
  const Column* cheapest = nullptr;
  for (const Column& column : columns)
    if (cost_of(column) && (cheapest == nullptr || cost_of(column)->value < cost_of(*cheapest)->value)) cheapest = &column;
  if (cheapest != nullptr)
    text += fmt::format("; {} is the cheapest, {}", html_line(lettered(*cheapest)),
                        frontier.in_tokens ? count_text(cost_of(*cheapest)->value) + " tokens per correct answer" : usd_rate_words(cost_of(*cheapest)->value, "correct answer"));
  return text + ".";
}

std::string sentences(const Frontier& frontier, bool with_task) {
  std::string items;
  for (const CostComparison& comparison : frontier.comparisons)
    items += fmt::format("<li>{}{}</li>", with_task ? "<b>" + html_line(frontier.task) + "</b>: " : "", html_line(comparison.sentence));
  return items;
}

std::string note_on(const Frontier& frontier, bool with_task) {
  if (frontier.note.empty()) return "";
  return fmt::format("<li>{}{}</li>", with_task ? "<b>" + html_line(frontier.task) + "</b>: " : "", html_line(frontier.note));
}

// Few comparisons as sentences; of many the best of every task here, and the sentences with their task.
std::string headline(std::span<const Summary> summaries, std::span<const Frontier> frontiers) {
  std::string items;
  for (const Frontier& frontier : frontiers)
    items += (n_comparisons(frontiers) <= kMostInHeadline ? sentences(frontier, true) : "<li>" + best_of(summaries, frontier) + "</li>") + note_on(frontier, true);
  if (items.empty()) return R"(<p class="muted">No two runs share a task with a score and a cost.</p>)";
  return R"(<section class="card verdict" aria-label="Headline"><ul class="plain">)" + items + "</ul></section>";
}

std::string frontier_table(std::span<const Summary> summaries, const Frontier& frontier) {
  const std::string unit = frontier.in_tokens ? "tokens" : "USD";
  const bool any_step = std::ranges::any_of(frontier.points, [](const FrontierPoint& point) { return point.usd_per_point.has_value(); });
  std::string rows;
  for (const FrontierPoint& point : frontier.points) {
    const auto& interval = point.cost.interval;
    rows += "<tr>" + row_head(lettered(point.run, run_name(summaries[point.run]))) + cell(percent(point.score), "lead") + cell(point.score_interval ? interval_text(*point.score_interval) : "") +
            cell(cost_text(point.cost.value, frontier.in_tokens)) + cell(interval ? cost_interval_text(*interval, frontier.in_tokens) : "") + cell(point.on_frontier ? "yes" : "no") +
            cell(percent(point.frontier_share)) + (any_step ? cell(point.usd_per_point ? usd_rate_text(*point.usd_per_point) : "") : "") + "</tr>";
  }
  return html_table("Cheapest first. A run is on the frontier when nothing as cheap scores as much; draws: in how many resamplings of the questions it is.",
                    head_cell("run", true) + head_cell("pass@1") + head_cell("generalise 95%") + head_cell(unit + " per sample") + head_cell("95%") + head_cell("frontier") +
                        head_cell("draws") + (any_step ? head_cell("USD per point more") : ""),
                    rows);
}

// The largest k > 1 that all columns have which have one at all, if there is one a well averaged one; 0: none.
int shared_k(std::span<const Column> columns, MetricKind kind) {
  struct Shared {
    int n = 0; // columns
    bool flagged = false;
  };
  std::map<int, Shared> by_k;
  int n_columns = 0;
  for (const Column& column : columns) {
    bool any = false;
    for (const Metric& metric : column.task->slots.front().metrics) {
      if (metric.kind != kind || metric.k <= 1) continue;
      any = true;
      ++by_k[metric.k].n;
      by_k[metric.k].flagged |= !metric.flag.empty();
    }
    n_columns += any;
  }
  std::pair<bool, int> best = {false, 0}; // well averaged, k
  for (const auto& [k, shared] : by_k)
    if (shared.n == n_columns) best = std::max(best, {!shared.flagged, k});
  return best.second;
}

std::string side_by_side(std::span<const Column> columns) {
  std::string rows;
  const int maj_k = shared_k(columns, MetricKind::maj_at), pass_k = shared_k(columns, MetricKind::pass_at);
  for (const Column& column : columns) {
    const SlotSummary& slot = column.task->slots.front();
    auto share = [&](const Metric* metric) { return cell(metric == nullptr ? "" : percent(metric->value)); };
    const Metric* pass_1 = find_metric(slot, "pass@1");
    const CostSummary& cost = column.task->cost;
    rows += "<tr>" + row_head(lettered(column)) + cell(pass_1 ? percent(pass_1->value) : "", "lead") + picture_cell(svg_intervals(pass_1)) +
            (maj_k == 0 ? "" : share(find_metric(slot, fmt::format("maj@{}", maj_k)))) + (pass_k == 0 ? "" : share(find_metric(slot, fmt::format("pass@{}", pass_k)))) + share(find_metric(slot, "format")) +
            share(find_metric(slot, "truncated")) + cell(html_line(per_correct_text(cost, false))) + cell(cost.tokens_per_sample ? count_text(cost.tokens_per_sample->value) : "") +
            cell(svg_verdict_bar(slot), "l cell") + "</tr>";
  }
  auto k_head = [](std::string_view family, int k) { return k == 0 ? "" : head_cell(fmt::format("{}@{}", family, k)); };
  return html_table("The runs side by side; tokens: completion tokens per sample",
                    head_cell("run", true) + head_cell("pass@1") + picture_head("intervals <br>0 to 100%") + k_head("maj", maj_k) + k_head("pass", pass_k) +
                        head_cell("format") + head_cell("truncated") + head_cell("per correct") + head_cell("tokens") + head_cell("verdicts", true),
                    rows);
}

std::string small_curves(std::span<const Column> columns) {
  std::string out;
  for (const Column& column : columns)
    if (std::string curves = svg_k_curves(column.task->slots.front()); !curves.empty())
      out += figure_html(html_line(lettered(column)), curves, "");
  return out.empty() ? "" : R"(<div class="plots small">)" + out + "</div>";
}

// Questions by how much the runs differ on them, most first.
std::string flips(std::span<const Column> columns) {
  struct Row {
    std::string doc_id;
    std::vector<const QuestionRow*> of; // by column; null: not asked
    double spread = 0;
  };
  std::map<std::string, Row> rows;
  for (size_t i = 0; i < columns.size(); ++i)
    for (const QuestionRow& question : columns[i].task->slots.front().questions) {
      Row& row = rows[question.doc_id];
      row.doc_id = question.doc_id;
      row.of.resize(columns.size());
      row.of[i] = &question;
    }
  std::vector<const Row*> order;
  for (auto& [id, row] : rows) {
    double least = 2, most = -1;
    for (const QuestionRow* question : row.of)
      if (question != nullptr && question->pass_1) {
        least = std::min(least, *question->pass_1);
        most = std::max(most, *question->pass_1);
      }
    row.spread = most - least;
    if (most >= 0 && row.spread > 0) order.push_back(&row);
  }
  if (order.empty()) return "";
  std::ranges::stable_sort(order, std::greater<>{}, &Row::spread);
  std::string head = head_cell("question", true), body;
  for (const Column& column : columns) head += head_cell(run_letter(column.run));
  for (size_t i = 0; i < std::min(kMostFlips, order.size()); ++i) {
    body += "<tr>" + row_head(order[i]->doc_id);
    for (const QuestionRow* question : order[i]->of) {
      const int tenths = question != nullptr && question->pass_1 ? static_cast<int>(*question->pass_1 * 10 + 0.999) : -1;
      body += cell(question == nullptr || !question->pass_1
                       ? "–"
                       : fmt::format(R"(<svg class="dotcell" viewBox="0 0 10 10" aria-hidden="true"><rect class="h{}" width="10" height="10" rx="2"/></svg>{} of {})", tenths,
                                     question->c, question->n));
    }
    body += "</tr>";
  }
  return fmt::format("<details open><summary>{} on which the runs differ</summary>", plural(static_cast<int64_t>(order.size()), "question")) +
         html_table(order.size() > kMostFlips ? fmt::format("The {} with the largest difference", kMostFlips) : "The largest difference first", head, body) + "</details>";
}

std::string task_card(std::span<const Summary> summaries, std::span<const Frontier> frontiers, const std::string& name) {
  const std::vector<Column> columns = columns_of(summaries, name);
  if (columns.empty()) return "";
  std::string out = R"(<section class="card"><header><h2>)" + html_line(name) + "</h2></header>";
  for (const Frontier& frontier : frontiers)
    if (frontier.task == name) {
      out += R"(<figure class="wide"><h3>Accuracy against cost</h3>)" + svg_frontier(frontier) +
             "<figcaption>Crosses are 95% intervals, if other questions like these were asked. The line joins the runs that nothing cheaper equals.</figcaption></figure>" + frontier_table(summaries, frontier);
      if (n_comparisons(frontiers) > kMostInHeadline) out += R"(<ul class="plain sentences">)" + sentences(frontier, false) + note_on(frontier, false) + "</ul>";
    }
  out += side_by_side(columns);
  if (columns.size() <= kMostRunsInMatrix) out += small_curves(columns) + flips(columns);
  return out + "</section>";
}

std::string environment(std::span<const Summary> summaries) {
  std::string out = R"(<section class="card"><header><h2>How this was measured</h2></header>)";
  for (size_t run = 0; run < summaries.size(); ++run) {
    const Summary& summary = summaries[run];
    out += "<details><summary>" + html_line(lettered(run, run_name(summary))) + R"(</summary><dl class="pairs">)";
    for (const auto& [name, value] : run_facts(summary)) out += fmt::format("<dt>{}</dt><dd>{}</dd>", html_line(name), html_line(value));
    out += "</dl></details>";
  }
  return out + "</section>";
}

} // namespace

std::string write_runs_html(std::span<const Summary> summaries, std::span<const Frontier> frontiers) {
  std::string out = fmt::format(R"(<header><p class="kicker">proctor comparison</p><h1>{} side by side</h1>{}{}</header><main>)",
                                plural(static_cast<int64_t>(summaries.size()), "run"), key(summaries), model_notes(summaries));
  out += run_warnings(summaries) + headline(summaries, frontiers);
  for (const std::string& name : task_names(summaries)) out += task_card(summaries, frontiers, name);
  return page("proctor comparison", out + environment(summaries) + "</main><footer>Written by proctor from the run directories alone.</footer>");
}

} // namespace proctor
