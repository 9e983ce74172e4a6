// SPDX-License-Identifier: MIT
#include "reports/html_cost.h"

#include <fmt/format.h>

#include "reports/cost_charts.h"
#include "reports/html_parts.h"
#include "reports/text.h"

namespace proctor {
namespace {

std::string money_tile(std::string_view name, const std::optional<Ratio>& ratio, std::string how) {
  if (!ratio) return "";
  if (ratio->interval) how += "<br>95% " + usd_rate_interval_text(*ratio->interval);
  return number_tile(name, usd_rate_text(ratio->value), how);
}

std::string token_tile(std::string_view name, const std::optional<Ratio>& ratio, std::string how) {
  if (!ratio) return "";
  if (ratio->interval) how += fmt::format("<br>95% [{}, {}]", count_text(std::max(0.0, ratio->interval->lo)), count_text(ratio->interval->hi));
  return number_tile(name, count_text(ratio->value), how);
}

std::string basis_words(const CostSummary& cost) {
  if (cost.basis == CostBasis::none) return "No price is known for this model: tokens are the portable unit. --prices, --gpu-hour-usd and --core-hour-usd set one.";
  const std::string_view how = cost.basis == CostBasis::reported ? "Charged " : "Charged by "; // "as the endpoint reported with every answer"
  std::string words = std::string(how) + (cost.what.empty() ? std::string(to_string(cost.basis)) : cost.what) + ".";
  if (!cost.source.empty() && !cost.source.starts_with("--")) words += " Source: " + cost.source + ".";
  return words;
}

// What bought no answer. A sentence of its own: prompts and completions are parts of it.
std::string lost_text(const CostSummary& cost) {
  std::string text;
  auto add = [&](std::string_view what, const std::optional<double>& usd) {
    if (usd && *usd > 0) text += fmt::format("{} {} {}", text.empty() ? " Spent without an answer:" : ",", what, usd_text(*usd));
  };
  add("failed attempts", cost.waste_usd);
  add("answers cut off", cost.truncated_usd);
  add("loading and waiting", cost.overhead_usd);
  return text + (text.empty() ? "" : ".");
}

std::string solved_text(const CostSummary& cost) {
  if (!cost.median_usd_per_correct) return cost.share_unsolved ? " No question was solved, whatever was paid." : "";
  std::string text = " Median question that was solved: " + usd_rate_text(*cost.median_usd_per_correct) + " per correct answer";
  if (cost.share_unsolved && *cost.share_unsolved > 0) text += "; " + percent(*cost.share_unsolved) + " of the questions were never solved, whatever was paid";
  return text + ".";
}

std::string bill(const CostSummary& cost) {
  if (!cost.usd) return "";
  std::string text = "All " + plural(cost.n_attempts, "attempt") + ": " + usd_text(*cost.usd);
  if (cost.completion_usd)
    text += fmt::format(", of it prompt {}, cached prompt {}, completion {}", usd_text(*cost.prompt_usd), usd_text(*cost.cached_usd), usd_text(*cost.completion_usd));
  return text + "." + lost_text(cost) + solved_text(cost);
}

std::string muted(std::string_view text) { return text.empty() ? "" : R"(<p class="small muted">)" + html_line(text) + "</p>"; }

std::string with_unit(const std::optional<double>& value, std::string_view format) {
  return value ? fmt::format(fmt::runtime(format), *value) : "";
}

} // namespace

std::string cost_section(const TaskSummary& task) {
  const CostSummary& cost = task.cost;
  std::string tiles = money_tile("USD per correct answer", cost.usd_per_correct, "all that was paid / correct answers") +
                      money_tile("USD per question", cost.usd_per_question, "every sample of it");
  if (cost.usd_per_solved) tiles += money_tile(fmt::format("USD per solved, vote of {}", cost.solved_k), cost.usd_per_solved, "k samples each / questions the vote solves");
  tiles += token_tile("tokens per correct answer", cost.tokens_per_correct, "completion tokens") + token_tile("tokens per sample", cost.tokens_per_sample, "completion tokens");
  const std::string usage = svg_usage(task.tokens);
  if (tiles.empty() && usage.empty()) return "";
  std::string out = R"(<section class="block"><h3>What it costs</h3><dl class="tiles">)" + tiles + "</dl>" + usage;
  if (task.tokens.reasoning_by_text) out += muted("Reasoning tokens are estimated from the share of characters that are thinking: the endpoint did not count them.");
  return out + muted(bill(cost)) + muted(basis_words(cost)) + "</section>";
}

std::string cost_figures(const TaskSummary& task) {
  std::string out;
  if (task.length_split)
    out += figure_html("How long answers are", svg_lengths(*task.length_split),
                       R"(<span class="key v-correct-key"></span>correct <span class="key v-incorrect-key"></span>not correct; the lines are their medians.)");
  if (task.limits)
    out += figure_html("What a smaller limit would leave", svg_token_limits(*task.limits),
                       "Accuracy if answers longer than the limit counted as wrong: at least what a run with that limit would score. B90: 90% of the accuracy.");
  if (!task.slots.empty())
    out += figure_html("What a better answer costs", svg_vote_cost(task.slots.front(), task.cost), "k samples of every question: their vote (maj@k), and the chance that one is right (pass@k). "
                       "A hollow point rests on fewer than 2k samples.");
  return out;
}

std::string reasoning_section(const TaskSummary& task) {
  if (!task.traces || task.traces->n == 0) return "";
  const TraceSummary& traces = *task.traces;
  const SlotSummary& slot = task.slots.front();
  const Metric *loop = find_metric(slot, "loop"), *mixed = find_metric(slot, "mixed");
  std::string tiles;
  auto share = [&](std::string_view name, const Metric* metric, std::string_view how) {
    if (metric == nullptr) return;
    std::string sure(how);
    if (metric->generalise) sure += "<br>generalise " + interval_text(*metric->generalise);
    tiles += number_tile(name, percent(metric->value), sure);
  };
  share("loops", loop, "the same 20 tokens 8 times");
  share("mixed language", mixed, "over 5% words of another script");
  tiles += number_tile("words of reflection", with_unit(traces.reflective_per_1k, "{:.2f}"), fmt::format("per 1,000 tokens; {:.2f} per answer", traces.reflective_per_answer));
  if (!traces.reflective_per_1k) tiles += number_tile("words of reflection", fmt::format("{:.2f}", traces.reflective_per_answer), "per answer");
  tiles += number_tile("“wait”", fmt::format("{:.2f}", traces.wait_per_answer), fmt::format("per answer; in {} of {}", grouped(traces.n_wait), plural(traces.n, "answer")));
  if (traces.overthinking) tiles += number_tile("overthinking", percent(*traces.overthinking), "of the thinking comes after the answer was first there");
  std::string with;
  if (traces.accuracy_wait && traces.accuracy_no_wait)
    with = fmt::format("Of {} whose thinking says “wait” {} are right, of the {} without {}: no cause, for hard questions make models hesitate.",
                       plural(traces.n_wait, "answer"), percent(*traces.accuracy_wait), grouped(traces.n_no_wait), percent(*traces.accuracy_no_wait));
  return R"(<section class="block"><h3>How it thinks</h3><dl class="tiles">)" + tiles + "</dl>" + muted(with) + "</section>";
}

} // namespace proctor
