// SPDX-License-Identifier: MIT
#include "reports/openmetrics.h"

#include <fmt/format.h>

#include "reports/text.h"

namespace proctor {
namespace {

// Label values escape backslash, quote and newline; visible_line leaves no newline.
std::string label(std::string_view name, std::string_view value) {
  std::string out = std::string(name) + "=\"";
  for (char c : visible_line(value)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out + "\"";
}

struct Subject {
  const Summary& summary;
  const TaskSummary& task;
  std::string labels; // of the task
};

// Calls write(subject) for every task of every run.
void for_each_task(std::span<const Summary> summaries, auto write) {
  for (const Summary& summary : summaries)
    for (const TaskSummary& task : summary.tasks)
      write(Subject{summary, task, label("model", summary.model) + "," + label("run", summary.run_id) + "," + label("task", task.name)});
}

std::string family(std::string_view name, std::string_view unit, std::string_view help) {
  std::string out = fmt::format("# TYPE {} gauge\n", name);
  if (!unit.empty()) out += fmt::format("# UNIT {} {}\n", name, unit);
  return out + fmt::format("# HELP {} {}\n", name, help);
}

std::string sample(std::string_view name, std::string_view labels, double value) { return fmt::format("{}{{{}}} {}\n", name, labels, value); }

// Calls write(metric, labels) for every metric of every grader.
void for_each_metric(std::span<const Summary> summaries, auto write) {
  for_each_task(summaries, [&](const Subject& subject) {
    for (const SlotSummary& slot : subject.task.slots)
      for (const Metric& metric : slot.metrics) write(metric, subject.labels + "," + label("grader", slot.slot) + "," + label("metric", metric.name));
  });
}

std::string scores(std::span<const Summary> summaries) {
  std::string out = family("proctor_score", "", "A metric of docs/results.md.");
  for_each_metric(summaries, [&](const Metric& metric, const std::string& labels) { out += sample("proctor_score", labels, metric.value); });
  return out;
}

// A family of their own: a mean over proctor_score is one of scores.
std::string score_limits(std::span<const Summary> summaries) {
  std::string out = family("proctor_score_limit", "", "The ends of the 95% intervals of proctor_score.");
  for_each_metric(summaries, [&](const Metric& metric, const std::string& labels) {
    for (auto [scope, interval] : {std::pair("rerun", &metric.rerun), {"generalise", &metric.generalise}})
      if (*interval) {
        const std::string scoped = labels + "," + label("scope", scope);
        out += sample("proctor_score_limit", scoped + "," + label("end", "lo"), (*interval)->lo) + sample("proctor_score_limit", scoped + "," + label("end", "hi"), (*interval)->hi);
      }
  });
  return out;
}

std::string verdicts(std::span<const Summary> summaries) {
  std::string out = family("proctor_verdicts", "", "Graded samples by verdict.");
  for_each_task(summaries, [&](const Subject& subject) {
    for (const SlotSummary& slot : subject.task.slots)
      for (Verdict verdict : kAllVerdicts)
        out += sample("proctor_verdicts", subject.labels + "," + label("grader", slot.slot) + "," + label("verdict", to_string(verdict)),
                      static_cast<double>(count_of(slot.verdicts, verdict)));
  });
  return out;
}

std::string costs(std::span<const Summary> summaries) {
  std::string out = family("proctor_cost_usd", "usd", "Dollars: total, waste, or per question, sample, correct answer, question solved by vote.");
  for_each_task(summaries, [&](const Subject& subject) {
    const CostSummary& cost = subject.task.cost;
    auto write = [&](std::string_view per, const std::optional<double>& value) {
      if (value) out += sample("proctor_cost_usd", subject.labels + "," + label("per", per), *value);
    };
    auto ratio = [](const std::optional<Ratio>& r) { return r ? std::optional(r->value) : std::nullopt; };
    write("total", cost.usd);
    write("waste", cost.waste_usd);
    write("question", ratio(cost.usd_per_question));
    write("sample", ratio(cost.usd_per_sample));
    write("correct", ratio(cost.usd_per_correct));
    write("solved", ratio(cost.usd_per_solved));
  });
  return out;
}

std::string tokens(std::span<const Summary> summaries) {
  std::string out = family("proctor_usage_tokens", "tokens", "Tokens of all attempts.");
  for_each_task(summaries, [&](const Subject& subject) {
    const TokenSums& sums = subject.task.tokens;
    auto write = [&](std::string_view kind, const std::optional<int64_t>& n) {
      if (n) out += sample("proctor_usage_tokens", subject.labels + "," + label("kind", kind), static_cast<double>(*n));
    };
    write("prompt", sums.prompt);
    write("cached", sums.cached);
    write("completion", sums.completion);
    write("reasoning", sums.reasoning);
  });
  return out;
}

} // namespace

std::string write_openmetrics(std::span<const Summary> summaries) {
  return scores(summaries) + score_limits(summaries) + verdicts(summaries) + costs(summaries) + tokens(summaries) + "# EOF\n";
}

} // namespace proctor
