// SPDX-License-Identifier: MIT
#include "reports/frontier.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <numeric>

#include "harness/random.h"
#include "reports/resample.h"
#include "reports/text.h"

namespace proctor {
namespace {

constexpr size_t kMostComparisons = 20;
constexpr size_t kMostDraws = 1000;
constexpr double kMostSums = 4e7; // additions of all draws of one frontier

// What one question, or one cluster of them, adds.
struct Unit {
  double cost = 0, n_samples = 0, correct = 0; // of the samples that n and c count
  double score = 0, n = 0;                     // n: questions
};

struct Contender {
  size_t run = 0;
  const TaskSummary* task = nullptr;
  const Metric* pass_1 = nullptr;
  std::map<std::string_view, Unit> units;
};

// Of one sample, as pass@1 is the score of one: a run that took more of them is as dear and surer.
const std::optional<Ratio>& cost_of(const CostSummary& cost, bool in_tokens) {
  return in_tokens ? cost.tokens_per_sample : cost.usd_per_sample;
}

std::map<std::string_view, Unit> units_of(const SlotSummary& slot, bool in_tokens) {
  std::map<std::string_view, Unit> units;
  for (const QuestionRow& row : slot.questions) {
    if (!row.pass_1) continue;
    Unit& unit = units[row.cluster.empty() ? row.doc_id : row.cluster];
    unit.cost += (in_tokens ? row.counted_tokens : row.counted_usd).value_or(0);
    unit.n_samples += row.n;
    unit.score += *row.pass_1;
    unit.n += 1;
    unit.correct += row.c;
  }
  return units;
}

std::vector<Contender> contenders(std::span<const Summary> summaries, std::string_view task, bool in_tokens) {
  std::vector<Contender> all;
  for (size_t run = 0; run < summaries.size(); ++run) {
    const TaskSummary* found = find_task(summaries[run], task);
    if (found == nullptr || found->slots.empty() || !cost_of(found->cost, in_tokens)) continue;
    const Metric* pass_1 = find_metric(found->slots.front(), "pass@1");
    if (pass_1 != nullptr) all.push_back({run, found, pass_1, units_of(found->slots.front(), in_tokens)});
  }
  return all;
}

bool same_questions(const Contender& a, const Contender& b) {
  return std::ranges::equal(a.units, b.units, [](const auto& x, const auto& y) { return x.first == y.first; });
}

// ---- the frontier

// In how many draws of questions each contender is on the frontier. All draw alike where they share their questions.
std::vector<double> frontier_shares(std::span<const Contender> all) {
  const bool joint = std::ranges::all_of(all, [&](const Contender& one) { return same_questions(one, all.front()); });
  std::vector<std::vector<Unit>> units;
  size_t n_units = 0;
  for (const Contender& one : all) {
    std::vector<Unit>& list = units.emplace_back();
    for (const auto& [name, unit] : one.units) list.push_back(unit);
    n_units += list.size();
  }
  const auto n_draws = std::clamp(static_cast<size_t>(kMostSums / static_cast<double>(std::max<size_t>(1, n_units))), size_t{20}, kMostDraws);
  SplitMix64 random(1);
  std::vector<double> shares(all.size());
  std::vector<uint32_t> drawn;
  for (size_t draw = 0; draw < n_draws; ++draw) {
    std::vector<std::pair<double, double>> points;
    for (const std::vector<Unit>& list : units) {
      if (!joint || drawn.empty() || points.empty()) {
        drawn.resize(list.size());
        for (uint32_t& index : drawn) index = random.below(static_cast<uint32_t>(list.size()));
      }
      Unit sum;
      for (uint32_t index : drawn) {
        sum.cost += list[index].cost;
        sum.n_samples += list[index].n_samples;
        sum.score += list[index].score;
        sum.n += list[index].n;
      }
      points.emplace_back(sum.cost / sum.n_samples, sum.score / sum.n);
    }
    const std::vector<bool> on = pareto(points);
    for (size_t i = 0; i < shares.size(); ++i) shares[i] += on[i] ? 1.0 / static_cast<double>(n_draws) : 0;
  }
  return shares;
}

void mark_frontier(std::vector<FrontierPoint>& points, bool in_tokens) {
  std::vector<std::pair<double, double>> pairs;
  for (const FrontierPoint& point : points) pairs.emplace_back(point.cost.value, point.score);
  const std::vector<bool> on = pareto(pairs);
  const FrontierPoint* before = nullptr; // on the frontier
  for (size_t i = 0; i < points.size(); ++i) {
    points[i].on_frontier = on[i];
    if (!on[i]) continue;
    if (before != nullptr && !in_tokens) points[i].usd_per_point = (points[i].cost.value - before->cost.value) / (100 * (points[i].score - before->score));
    before = &points[i];
  }
}

// ---- comparisons

// Columns of a run in a row of sums; the reference has the same four behind them.
enum Column : size_t { kCost, kCorrect, kScore, kQuestions, kReference };

// Of both runs together where they share their questions, else of each apart.
std::vector<std::vector<SumRow>> comparison_rows(const Contender& one, const Contender& reference, bool paired) {
  auto set = [](SumRow& row, size_t from, const Unit& unit) {
    row[from + kCost] = unit.cost;
    row[from + kCorrect] = unit.correct;
    row[from + kScore] = unit.score;
    row[from + kQuestions] = unit.n;
  };
  std::vector<std::vector<SumRow>> groups(paired ? 1 : 2);
  for (const auto& [name, unit] : one.units) set(groups[0].emplace_back(), 0, unit);
  size_t i = 0;
  for (const auto& [name, unit] : reference.units) set(paired ? groups[0][i++] : groups[1].emplace_back(), kReference, unit);
  return groups;
}

double saving_of(const SumRow& s) {
  const double cost = s[kReference + kCost], correct = s[kReference + kCorrect];
  const bool known = s[kCorrect] > 0 && cost > 0 && correct > 0;
  return known ? 1 - (s[kCost] / s[kCorrect]) / (cost / correct) : -std::numeric_limits<double>::infinity();
}

double difference_of(const SumRow& s) {
  const double n = s[kQuestions], of_reference = s[kReference + kQuestions];
  return n > 0 && of_reference > 0 ? s[kScore] / n - s[kReference + kScore] / of_reference : 0;
}

std::string points_text(double difference, const std::optional<Interval>& interval) {
  const double lo = interval ? interval->lo : 0, hi = interval ? interval->hi : 0;
  const bool less = difference < 0, same = std::abs(difference) < 0.0005;
  std::string text = fmt::format("{:.1f} points", std::abs(difference) * 100);
  if (same) return interval ? fmt::format("as accurate (0.0 points [{:.1f}, {:.1f}])", lo * 100, hi * 100) : "as accurate";
  if (interval) text += fmt::format(" [{:.1f}, {:.1f}]", (less ? -hi : lo) * 100, (less ? -lo : hi) * 100);
  return text + (less ? " less accurate" : " more accurate");
}

std::optional<CostComparison> compare(const Contender& one, const Contender& reference) {
  CostComparison result;
  result.run = one.run;
  result.reference = reference.run;
  result.paired = same_questions(one, reference);
  const auto rows = comparison_rows(one, reference, result.paired);
  const SumRow sums = sum_rows(rows);
  result.saving = saving_of(sums);
  if (!std::isfinite(result.saving)) return std::nullopt;
  result.difference = difference_of(sums);
  const SumStatistic statistics[] = {saving_of, difference_of};
  const auto intervals = resampled_intervals(rows, statistics);
  result.saving_interval = intervals[0];
  result.difference_interval = intervals[1];
  return result;
}

// The model's name; of several alike with the run's id too, and its letter where ids are alike as well.
std::vector<std::string> labels_of(std::span<const Summary> summaries) {
  std::vector<std::string> labels;
  for (size_t run = 0; run < summaries.size(); ++run) {
    const std::string &model = summaries[run].model, id = summaries[run].run_id.substr(0, 8);
    auto alike = [&](const Summary& other) { return other.model == model && other.run_id.starts_with(id); };
    std::string mark = std::ranges::count(summaries, model, &Summary::model) > 1 ? id : "";
    if (std::ranges::count_if(summaries, alike) > 1) mark += fmt::format("{}run {}", mark.empty() ? "" : ", ", run_letter(run));
    labels.push_back((model.empty() ? "unnamed model" : model) + (mark.empty() ? "" : " (" + mark + ")"));
  }
  return labels;
}

std::optional<Frontier> fold_frontier(std::span<const Summary> summaries, const std::string& task) {
  Frontier frontier;
  frontier.task = task;
  std::vector<Contender> all = contenders(summaries, task, false);
  std::vector<Contender> by_tokens = contenders(summaries, task, true);
  if (by_tokens.size() > all.size()) {
    frontier.in_tokens = true;
    all = std::move(by_tokens);
  }
  if (all.size() < 2) return std::nullopt;
  const std::vector<std::string> labels = labels_of(summaries);
  const std::vector<double> shares = frontier_shares(all);
  for (size_t i = 0; i < all.size(); ++i) {
    const Contender& one = all[i];
    FrontierPoint point{one.run, labels[one.run], one.pass_1->value, one.pass_1->generalise, *cost_of(one.task->cost, frontier.in_tokens), false, shares[i], {}};
    frontier.points.push_back(std::move(point));
  }
  std::ranges::stable_sort(frontier.points, {}, [](const FrontierPoint& point) { return point.cost.value; });
  mark_frontier(frontier.points, frontier.in_tokens);
  for (size_t i = 1; i < std::min(all.size(), kMostComparisons + 1); ++i)
    if (std::optional<CostComparison> comparison = compare(all[i], all.front())) {
      const std::string unit = frontier.in_tokens ? "in tokens per correct answer" : "per correct answer";
      comparison->sentence = fmt::format("{} is {} {} than {}, and {}.", labels[comparison->run],
                                         saving_text(comparison->saving, comparison->saving_interval), unit,
                                         labels[comparison->reference], points_text(comparison->difference, comparison->difference_interval));
      if (comparison->saving < 0) // "1.9 times as dear per correct answer as o1"
        comparison->sentence = fmt::format("{} is {} {} as {}, and {}.", labels[comparison->run],
                                           saving_text(comparison->saving, comparison->saving_interval), unit,
                                           labels[comparison->reference], points_text(comparison->difference, comparison->difference_interval));
      frontier.comparisons.push_back(std::move(*comparison));
    }
  return frontier;
}

void set_interval(Json& json, const char* key, const std::optional<Interval>& interval) {
  if (interval) json[key] = {{"lo", interval->lo}, {"hi", interval->hi}, {"level", interval->level}, {"method", interval->method}};
}

Json point_json(const FrontierPoint& point) {
  Json json = {{"run", point.run}, {"label", point.label}, {"score", point.score}, {"cost", point.cost.value}, {"on_frontier", point.on_frontier},
               {"frontier_share", point.frontier_share}};
  set_interval(json, "score_interval", point.score_interval);
  set_interval(json, "cost_interval", point.cost.interval);
  if (point.usd_per_point) json["usd_per_point"] = *point.usd_per_point;
  return json;
}

Json comparison_json(const CostComparison& comparison) {
  Json json = {{"run", comparison.run}, {"reference", comparison.reference}, {"saving", comparison.saving}, {"difference", comparison.difference},
               {"paired", comparison.paired}, {"sentence", comparison.sentence}};
  set_interval(json, "saving_interval", comparison.saving_interval);
  set_interval(json, "difference_interval", comparison.difference_interval);
  return json;
}

} // namespace

Json frontiers_json(std::span<const Frontier> frontiers) {
  Json json = Json::object();
  for (const Frontier& frontier : frontiers) {
    Json& task = json[frontier.task] = {{"unit", frontier.in_tokens ? "tokens_per_sample" : "usd_per_sample"}, {"points", Json::array()}, {"comparisons", Json::array()}};
    for (const FrontierPoint& point : frontier.points) task["points"].push_back(point_json(point));
    for (const CostComparison& comparison : frontier.comparisons) task["comparisons"].push_back(comparison_json(comparison));
  }
  return json;
}

std::string run_letter(size_t run) {
  std::string letters;
  for (++run; run > 0; run = (run - 1) / 26) letters.insert(letters.begin(), static_cast<char>('A' + (run - 1) % 26));
  return letters;
}

std::string cost_text(double cost, bool in_tokens) { return in_tokens ? count_text(cost) : usd_rate_text(cost); }

std::string cost_interval_text(const Interval& interval, bool in_tokens) {
  if (!in_tokens) return usd_rate_interval_text(interval);
  return fmt::format("[{}, {}]", count_text(std::max(0.0, interval.lo)), count_text(interval.hi));
}

std::string saving_text(double saving, const std::optional<Interval>& interval) {
  if (saving >= 0) {
    std::string text = fmt::format("{:.1f}%", saving * 100);
    if (interval) text += fmt::format(" [{:.1f}, {:.1f}]", interval->lo * 100, interval->hi * 100);
    return text + " cheaper";
  }
  std::string text = fmt::format("{:.2f} times", 1 - saving);
  if (interval) text += fmt::format(" [{:.2f}, {:.2f}]", 1 - interval->hi, 1 - interval->lo);
  return text + " as dear";
}

std::vector<bool> pareto(std::span<const std::pair<double, double>> points) {
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return std::pair(points[a].first, -points[a].second) < std::pair(points[b].first, -points[b].second); });
  std::vector<bool> on(points.size());
  double best = 0; // a score of 0 is worth no money
  for (size_t i : order) {
    on[i] = points[i].second > best;
    best = std::max(best, points[i].second);
  }
  return on;
}

std::vector<Frontier> fold_frontiers(std::span<const Summary> summaries) {
  std::vector<std::string> names;
  for (const Summary& summary : summaries)
    for (const TaskSummary& task : summary.tasks)
      if (std::ranges::find(names, task.name) == names.end()) names.push_back(task.name);
  std::vector<Frontier> frontiers;
  for (const std::string& name : names)
    if (std::optional<Frontier> frontier = fold_frontier(summaries, name)) frontiers.push_back(std::move(*frontier));
  return frontiers;
}

} // namespace proctor
