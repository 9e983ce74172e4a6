// SPDX-License-Identifier: MIT
#include "reports/html.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "reports/charts.h"
#include "reports/cost_charts.h"
#include "reports/headline.h"
#include "reports/html_cost.h"
#include "reports/html_parts.h"
#include "reports/html_published.h"
#include "reports/run_facts.h"
#include "reports/text.h"

namespace proctor {
namespace {

constexpr size_t kMostQuestionRows = 2000;

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += "<span>" + html_line(part) + "</span>";
  return out;
}

// Why a score says nothing of other questions.
std::string what_is_alone(const Metric& metric) { return metric.n_questions == 1 ? "one question" : "one cluster"; }

// ---- the top of the page

std::string generalise_cell(const HeadlineRow& row, const Metric* pass_1) {
  const bool alone = row.generalise.empty() && pass_1 != nullptr && pass_1->rerun;
  return cell(alone ? R"(<span class="muted">)" + what_is_alone(*pass_1) + "</span>" : row.generalise);
}

std::string overview(const Summary& summary) {
  const std::vector<HeadlineRow> rows = headline_rows(summary);
  const HeadlineNames names = headline_names(rows);
  // Columns that no row has a value for are left out.
  auto any = [&](int HeadlineRow::* k) { return std::ranges::any_of(rows, [&](const HeadlineRow& row) { return row.*k != 0; }); };
  const bool any_maj = any(&HeadlineRow::maj_k), any_pass = any(&HeadlineRow::pass_k);
  std::string head = head_cell("task", true) + head_cell("questions") + head_cell("pass@1") + head_cell("rerun 95%") +
                     head_cell("generalise 95%") + picture_head("intervals <br>0 to 100%") + (any_maj ? head_cell(names.maj) : "") +
                     (names.best.empty() ? "" : head_cell(names.best)) + (any_pass ? head_cell(names.pass) : "") +
                     head_cell("format") + head_cell("truncated") + head_cell("per correct");
  std::string body;
  size_t at = 0;
  for (const TaskSummary& task : summary.tasks)
    for (size_t i = 0; i < std::max<size_t>(1, task.slots.size()); ++i) {
      const HeadlineRow& row = rows[at++];
      const std::string name = row.grader.empty() ? row.task : row.task + " · " + row.grader;
      const Metric* pass_1 = i < task.slots.size() ? find_metric(task.slots[i], "pass@1") : nullptr;
      body += "<tr>" + row_head(name) + cell(row.n) + cell(row.pass_1, "lead") + cell(row.rerun) + generalise_cell(row, pass_1) +
              picture_cell(svg_intervals(pass_1)) +
              (any_maj ? cell(row.maj) : "") + (names.best.empty() ? "" : cell(row.best)) + (any_pass ? cell(row.pass) : "") + cell(row.format) +
              cell(row.truncated) + cell(html_line(per_correct_text(task.cost, false))) + "</tr>";
    }
  std::string suites;
  for (const SuiteSummary& suite : summary.suites) suites += "<p>" + html_line(suite_text(suite)) + "</p>";
  return R"(<section class="card" aria-label="Results">)" + html_table("Means over questions; 40 × 16: 40 questions, 16 samples of each", head, body) + suites +
         R"(<p class="small muted">maj@k and pass@k are exact expectations over all subsets of k samples. )"
         R"(<b>rerun</b>: where the score would fall if these questions were asked again; <b>generalise</b>: if other )"
         R"(questions like these were asked. Both are 95% intervals of pass@1; the thin line is generalise.</p>)"
         "</section>";
}

std::string warnings(const Summary& summary) {
  std::string items;
  for (const std::string& warning : summary.warnings) items += "<li>" + html_line(warning) + "</li>";
  return warnings_html(items);
}

// Whether pass@1, a mean over questions, is also the share of all answers that are right.
bool counts_every_answer_alike(const SlotSummary& slot) {
  int n = 0;
  for (const QuestionRow& row : slot.questions) {
    if (row.n == 0) continue;
    if (n != 0 && row.n != n) return false;
    n = row.n;
  }
  return !slot.saving;
}

// The two sentences that answer what most readers came for.
std::string headline(const Summary& summary) {
  if (summary.tasks.size() != 1 || summary.tasks.front().slots.empty()) return "";
  const TaskSummary& task = summary.tasks.front();
  const SlotSummary& slot = task.slots.front();
  const Metric* pass_1 = find_metric(slot, "pass@1");
  if (pass_1 == nullptr) return "";
  const bool alike = counts_every_answer_alike(slot);
  std::string out = fmt::format(fmt::runtime(alike ? "<b>{}</b> of the answers are right" : "pass@1 is <b>{}</b>"), percent(pass_1->value));
  if (const Metric* maj = headline_metric(slot, MetricKind::maj_at))
    out += fmt::format(fmt::runtime(alike ? ", <b>{}</b> of the votes of {}" : ", maj@{1} is <b>{0}</b>"), percent(maj->value), maj->k);
  if (task.cost.usd_per_correct) out += fmt::format("; <b>{}</b>", usd_rate_words(task.cost.usd_per_correct->value, "correct answer"));
  else if (task.cost.tokens_per_correct) out += fmt::format("; <b>{} tokens</b> per correct answer", count_text(task.cost.tokens_per_correct->value));
  return R"(<p class="headline">)" + out + ".</p>";
}

std::string top(const Summary& summary) {
  std::string out = R"(<header><p class="kicker">proctor report</p><h1>)" + html_line(model_name(summary)) + "</h1>";
  out += R"(<p class="facts">)" + joined(headline_facts(summary)) + "</p>";
  if (!summary.model_note.empty())
    out += R"(<p class="note"><strong>About this model:</strong> )" + html_line(summary.model_note) + "</p>";
  return out + headline(summary) + "</header>";
}

// ---- one task

std::string tile(const Metric* metric) {
  if (metric == nullptr) return "";
  const std::string flag = metric->flag.empty() ? "" : "; hardly averaged, fewer than 2k samples";
  std::string sure;
  // Of one sample per question all that is known is that its noise is no larger than this.
  if (metric->rerun) sure += (metric->rerun->method.ends_with("conservative") ? "<br>rerun at most " : "<br>rerun ") + interval_text(*metric->rerun);
  if (metric->generalise) sure += "<br>generalise " + interval_text(*metric->generalise);
  if (metric->rerun && !metric->generalise) sure += "<br>generalise: not from " + what_is_alone(*metric);
  return fmt::format(R"(<div><dt>{}</dt><dd>{}<span class="how">{}{}{}</span></dd></div>)", metric->name,
                     percent(metric->value), metric->definition, flag, sure);
}

std::string tiles(const SlotSummary& slot) {
  std::string out = tile(find_metric(slot, "pass@1")) + tile(headline_metric(slot, MetricKind::maj_at)) + tile(headline_metric(slot, MetricKind::best_of)) +
                    tile(headline_metric(slot, MetricKind::pass_at)) + tile(find_metric(slot, "format"));
  const Metric* truncated = find_metric(slot, "truncated");
  if (truncated != nullptr && truncated->value > 0)
    out += tile(truncated) + tile(find_metric(slot, "accuracy|completed"));
  return R"(<dl class="tiles">)" + out + "</dl>";
}

std::string verdicts(const SlotSummary& slot) {
  std::string items;
  for (Verdict verdict : kAllVerdicts) {
    const bool counts = in_denominator(verdict);
    const int64_t n = count_of(counts ? slot.counted : slot.verdicts, verdict);
    if (n == 0) continue;
    items += fmt::format(
        R"(<li><svg viewBox="0 0 10 10" aria-hidden="true">)"
        R"(<rect class="v-{}" width="10" height="10"/></svg>{} {} <span class="muted">{}</span></li>)",
        to_string(verdict), verdict_words(verdict), grouped(n), counts ? percent(slot.shares[static_cast<size_t>(verdict)]) : "");
  }
  return svg_verdict_bar(slot) + R"(<ul class="legend">)" + items + "</ul>";
}

std::string plots(const SlotSummary& slot, const std::string& more) {
  std::string out;
  if (std::string curves = svg_k_curves(slot); !curves.empty())
    out +=
        "<figure><h3>What more samples buy</h3>" + curves +
        "<figcaption>pass@k: one of k is right. maj@k: the vote of k is right, ties split. " +
        (find_metric(slot, "best@1") ? "best@k: the one of k that the model finds likeliest, per token, is right. " : "") + "pass^k: all k are right. "
        "A hollow point rests on fewer than 2k samples.</figcaption></figure>";
  if (std::string questions = svg_questions(slot); !questions.empty())
    out += "<figure><h3>Questions, easiest first</h3>" + scroll_box("scroll", "Questions, easiest first", questions) + "<figcaption>" +
           (draws_every_sample(slot)
                ? "A row is a question, a square one sample, in the colours above."
                : "A square is a question: the stronger the colour, the more of its samples are right.") +
           "</figcaption></figure>";
  out += more;
  return out.empty() ? "" : R"(<div class="plots">)" + out + "</div>";
}

std::string share_bar(double share) {
  return fmt::format(R"(<span class="bar" aria-hidden="true"><i style="width:{:.1f}%"></i></span>)", share * 100);
}

std::string levels(const SlotSummary& slot) {
  if (slot.levels.empty()) return "";
  std::string rows;
  for (const LevelRow& level : slot.levels)
    rows += "<tr>" + row_head(level.level) + cell(grouped(level.n_questions)) + cell(grouped(level.n_samples)) +
            cell(percent(level.pass_1)) + cell(share_bar(level.pass_1), "l") + "</tr>";
  return R"(<div class="block"><h3>By level</h3>)" +
         html_table("pass@1, mean over the questions of a level",
               head_cell("level", true) + head_cell("questions") + head_cell("samples") + head_cell("pass@1") +
                   head_cell("", true),
               rows) +
         "</div>";
}

std::string vote_cell(const QuestionRow& row) {
  if (row.top_votes.empty()) return cell("", "l");
  const VoteRow& top = row.top_votes.front();
  return cell(fmt::format("{} <span class=\"muted\">{} of {}, {}</span>",
                          html_text(fit_width(visible_line(top.answer), 40)), top.n, row.n_votes,
                          top.correct ? "right" : "wrong"),
              "l");
}

std::string question_table(const SlotSummary& slot) {
  std::string rows;
  for (size_t i = 0; i < std::min(kMostQuestionRows, slot.questions.size()); ++i) {
    const QuestionRow& row = slot.questions[i];
    rows += "<tr>" + row_head(row.doc_id) + cell(html_line(row.level), "l") +
            cell(fmt::format("{} of {}", row.c, row.n)) + cell(row.pass_1 ? percent(*row.pass_1) : "") +
            vote_cell(row) + "</tr>";
  }
  const bool cut = slot.questions.size() > kMostQuestionRows;
  const std::string caption =
      cut ? fmt::format("The first {} of {}; results.json and grades.jsonl have all.", grouped(kMostQuestionRows),
                        plural(static_cast<int64_t>(slot.questions.size()), "question"))
          : "In the order asked. The top answer is the one most samples gave.";
  return "<details><summary>Every question</summary>" +
         html_table(caption,
               head_cell("question", true) + head_cell("level", true) + head_cell("correct") + head_cell("pass@1") +
                   head_cell("top answer", true),
               rows) +
         "</details>";
}

std::string metric_table(const SlotSummary& slot) {
  std::string rows;
  for (const Metric& metric : slot.metrics)
    rows += "<tr>" + row_head(metric.name) + cell(percent(metric.value)) + cell(metric.rerun ? interval_text(*metric.rerun) : "") +
            cell(metric.generalise ? interval_text(*metric.generalise) : "") + cell(grouped(metric.n_questions)) +
            cell(grouped(metric.n_samples)) + cell(grouped(metric.n_short)) +
            cell(html_line(metric.definition + (metric.flag.empty() ? "" : " (" + metric.flag + ")")), "l") + "</tr>";
  return "<details><summary>Every metric</summary>" +
         html_table("Short: planned samples that are missing or not graded, in no denominator.",
               head_cell("metric", true) + head_cell("value") + head_cell("rerun 95%") + head_cell("generalise 95%") + head_cell("questions") + head_cell("samples") +
                   head_cell("short") + head_cell("definition", true),
               rows) +
         "</details>";
}

std::string reasons(const SlotSummary& slot) {
  if (slot.reasons.empty()) return "";
  std::string out;
  for (const auto& [reason, n] : slot.reasons)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", html_line(reason), grouped(n));
  return R"(<p class="small muted">Reasons: )" + out + "</p>";
}

// ---- examples

std::string example_votes(const Example& example) {
  if (example.votes.empty()) return "";
  std::string out;
  for (const VoteRow& vote : example.votes)
    out += fmt::format("{}<b>{}</b> × {}{}", out.empty() ? "" : ", ",
                       html_text(fit_width(visible_line(vote.answer), 40)), vote.n, vote.correct ? " (right)" : "");
  return R"(<p class="small">Votes: )" + out + "</p>";
}

std::string example_outcome(const Example& example) {
  std::string out;
  if (!example.extracted.empty()) out += fmt::format("<dt>read as</dt><dd>{}</dd>", html_line(example.extracted));
  if (!example.target.empty()) out += fmt::format("<dt>reference</dt><dd>{}</dd>", html_line(example.target));
  if (!example.explanation.empty()) out += fmt::format("<dt>why</dt><dd>{}</dd>", html_line(example.explanation));
  return out.empty() ? "" : R"(<dl class="pairs block">)" + out + "</dl>";
}

std::string example_block(const Example& example) {
  std::string badge = verdict_words(example.verdict);
  if (!example.reason.empty()) badge += " · " + example.reason;
  std::string where = fmt::format("question {}, sample {}", example.doc_id, example.sample_idx);
  if (example.completion_tokens) where += ", " + plural(*example.completion_tokens, "token");
  return fmt::format(R"(<article class="example"><header><h4>{}</h4>)"
                     R"(<span class="badge b-{}">{}</span><span class="small muted">{}</span></header>)",
                     html_line(example.why), to_string(example.verdict), html_line(badge), html_line(where)) +
         example_votes(example) + text_block("Question", example.prompt) +
         folded_block("Thinking", example.reasoning) + text_block("Answer", example.answer_text) +
         example_outcome(example) + "</article>";
}

std::string examples(const TaskSummary& task) {
  if (task.examples.empty()) return "";
  std::string out;
  for (const Example& example : task.examples) out += example_block(example);
  return "<details><summary>" + plural(static_cast<int64_t>(task.examples.size()), "example") + "</summary>" + out +
         "</details>";
}

// "/home/me/data/aime24.jsonl, /home/me/data/aime25.jsonl" -> "aime24.jsonl, aime25.jsonl": where a file was says
// nothing to a reader, and more of the author than was meant. Whatever is no such path stays.
std::string without_folders(std::string_view source) {
  std::string out;
  while (!source.empty()) {
    const size_t end = std::min(source.find(", "), source.size());
    std::string_view part = source.substr(0, end);
    source.remove_prefix(std::min(end + 2, source.size()));
    if (part.starts_with('/')) part.remove_prefix(part.find_last_of('/') + 1);
    out += (out.empty() ? "" : ", ") + std::string(part);
  }
  return out;
}

std::string task_subtitle(const TaskSummary& task, const SlotSummary* slot) {
  std::string out = fmt::format("{} × {}", plural(task.n_questions, "question"), plural(task.n_samples, "sample"));
  if (slot != nullptr && slot->slot != "none") out += " · grader " + slot->slot;
  if (!task.version.empty()) out += " · version " + task.version;
  if (!task.source.empty()) out += " · " + without_folders(task.source);
  return html_line(out);
}

std::string slot_card(const TaskSummary& task, const SlotSummary& slot, bool first) {
  std::string out =
      fmt::format(R"(<section class="card"><header><h2>{}</h2><span class="small muted">{}</span></header>)",
                  html_line(task.name), task_subtitle(task, &slot));
  out += tiles(slot) + verdicts(slot) + reasons(slot);
  if (first) out += cost_section(task) + reasoning_section(task);
  out += plots(slot, first ? cost_figures(task) : "") + levels(slot);
  if (first) {
    for (const std::string& line : usage_lines(task)) out += R"(<p class="small muted">)" + html_line(line) + "</p>";
    out += examples(task);
  }
  return out + question_table(slot) + metric_table(slot) + "</section>";
}

std::string task_cards(const TaskSummary& task) {
  std::string out;
  for (const SlotSummary& slot : task.slots) out += slot_card(task, slot, &slot == &task.slots.front());
  if (task.slots.empty())
    out = fmt::format(R"(<section class="card"><header><h2>{}</h2>)"
                      R"(<span class="small muted">{}</span></header><p>Nothing is graded yet.</p></section>)",
                      html_line(task.name), task_subtitle(task, nullptr));
  return out;
}

std::string environment(const Summary& summary) {
  std::string pairs;
  for (const auto& [name, value] : run_facts(summary))
    pairs += fmt::format("<dt>{}</dt><dd>{}</dd>", html_line(name), html_line(value));
  std::string out =
      R"(<section class="card"><header><h2>How this was measured</h2></header><dl class="pairs">)" + pairs + "</dl>";
  if (!summary.command.empty()) out += text_block("Run it again", summary.command);
  return out + "</section>";
}

} // namespace

std::string write_html(const Summary& summary) {
  std::string out = top(summary) + "\n<main>" + warnings(summary) + overview(summary) + published_section(summary) + "\n";
  for (const TaskSummary& task : summary.tasks) out += task_cards(task) + "\n";
  out += environment(summary) + "</main>\n<footer>Written by proctor " + html_line(summary.version) +
         " from the run directory alone; results.json holds every number of this page.</footer>";
  return page(model_name(summary) + " · proctor report", out);
}

} // namespace proctor
