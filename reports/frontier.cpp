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
  std::vector<std::string_view> questions; // that have a score, sorted
};

// Of one sample, as pass@1 is the score of one: a run that took more of them costs as much and is surer.
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

std::vector<std::string_view> questions_of(const SlotSummary& slot) {
  std::vector<std::string_view> ids;
  for (const QuestionRow& row : slot.questions)
    if (row.pass_1) ids.push_back(row.doc_id);
  std::ranges::sort(ids);
  return ids;
}

std::vector<Contender> contenders(std::span<const Summary> summaries, std::string_view task, bool in_tokens) {
  std::vector<Contender> all;
  for (size_t run = 0; run < summaries.size(); ++run) {
    const TaskSummary* found = find_task(summaries[run], task);
    if (found == nullptr || found->slots.empty() || !cost_of(found->cost, in_tokens)) continue;
    const Metric* pass_1 = find_metric(found->slots.front(), "pass@1");
    if (pass_1 != nullptr) all.push_back({run, found, pass_1, units_of(found->slots.front(), in_tokens), questions_of(found->slots.front())});
  }
  return all;
}

bool same_questions(const Contender& a, const Contender& b) { return a.questions == b.questions; }

size_t n_shared(const Contender& a, const Contender& b) {
  std::vector<std::string_view> shared;
  std::ranges::set_intersection(a.questions, b.questions, std::back_inserter(shared));
  return shared.size();
}

// ---- the frontier

// (cost per sample, score) of the drawn.
std::pair<double, double> mean_of(std::span<const Unit> units, std::span<const uint32_t> drawn) {
  Unit sum;
  for (uint32_t index : drawn) {
    sum.cost += units[index].cost;
    sum.n_samples += units[index].n_samples;
    sum.score += units[index].score;
    sum.n += units[index].n;
  }
  return {sum.cost / sum.n_samples, sum.score / sum.n};
}

// In how many draws of questions each contender is on the frontier. Those that share their questions draw alike.
std::vector<double> frontier_shares(std::span<const Contender> all) {
  std::vector<std::vector<Unit>> units;
  std::vector<size_t> first_alike; // of each, the first that has its questions
  size_t n_units = 0;
  for (const Contender& one : all) {
    std::vector<Unit>& list = units.emplace_back();
    for (const auto& [name, unit] : one.units) list.push_back(unit);
    n_units += list.size();
    first_alike.push_back(static_cast<size_t>(std::ranges::find_if(all, [&](const Contender& other) { return same_questions(one, other); }) - all.begin()));
  }
  const auto n_draws = std::clamp(static_cast<size_t>(kMostSums / static_cast<double>(std::max<size_t>(1, n_units))), size_t{20}, kMostDraws);
  SplitMix64 random(1);
  std::vector<double> n_on(all.size());
  std::vector<std::vector<uint32_t>> drawn(all.size()); // of those that are the first
  for (size_t draw = 0; draw < n_draws; ++draw) {
    std::vector<std::pair<double, double>> points;
    for (size_t i = 0; i < all.size(); ++i) {
      if (first_alike[i] == i) {
        drawn[i].resize(units[i].size());
        for (uint32_t& index : drawn[i]) index = random.below(static_cast<uint32_t>(units[i].size()));
      }
      points.push_back(mean_of(units[i], drawn[first_alike[i]]));
    }
    const std::vector<bool> on = pareto(points);
    for (size_t i = 0; i < n_on.size(); ++i) n_on[i] += on[i] ? 1 : 0;
  }
  for (double& n : n_on) n /= static_cast<double>(n_draws);
  return n_on;
}

void mark_frontier(std::vector<FrontierPoint>& points, bool in_tokens) {
  std::vector<std::pair<double, double>> pairs;
  for (const FrontierPoint& point : points) pairs.emplace_back(point.cost.value, point.score);
  const std::vector<bool> on = pareto(pairs);
  const FrontierPoint* before = nullptr; // on the frontier
  for (size_t i = 0; i < points.size(); ++i) {
    points[i].on_frontier = on[i];
    if (!on[i]) continue;
    if (before != nullptr && !in_tokens && points[i].score > before->score) points[i].usd_per_point = (points[i].cost.value - before->cost.value) / (100 * (points[i].score - before->score));
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

// Cost per correct answer, in that of the reference.
double relative_cost(const SumRow& s) {
  const double cost = s[kReference + kCost], correct = s[kReference + kCorrect];
  const bool known = s[kCorrect] > 0 && cost > 0 && correct > 0;
  return known ? (s[kCost] / s[kCorrect]) / (cost / correct) : std::numeric_limits<double>::infinity();
}

double difference_of(const SumRow& s) {
  const double n = s[kQuestions], of_reference = s[kReference + kQuestions];
  return n > 0 && of_reference > 0 ? s[kScore] / n - s[kReference + kScore] / of_reference : 0;
}

std::string in_points(double difference) { return fmt::format("{:.1f}", std::round(difference * 1000) / 10 + 0.0); }

std::string points_text(double difference, const std::optional<Interval>& interval) {
  const double lo = interval ? interval->lo : 0, hi = interval ? interval->hi : 0;
  const bool less = difference < 0, same = std::abs(difference) < 0.0005;
  std::string text = in_points(std::abs(difference)) + " points";
  if (same) return interval ? fmt::format("as accurate (0.0 points [{}, {}])", in_points(lo), in_points(hi)) : "as accurate";
  if (interval) text += fmt::format(" [{}, {}]", in_points(less ? -hi : lo), in_points(less ? -lo : hi));
  return text + (less ? " less accurate" : " more accurate");
}

std::optional<CostComparison> compare(const Contender& one, const Contender& reference) {
  CostComparison result;
  result.run = one.run;
  result.reference = reference.run;
  result.paired = same_questions(one, reference);
  result.n_shared = n_shared(one, reference);
  if (result.n_shared == 0) return std::nullopt;
  const auto rows = comparison_rows(one, reference, result.paired);
  const SumRow sums = sum_rows(rows);
  const double cost = relative_cost(sums);
  if (!std::isfinite(cost)) return std::nullopt;
  result.saving = 1 - cost;
  result.difference = difference_of(sums);
  const SumStatistic statistics[] = {{relative_cost, Scale::log}, {difference_of}};
  const auto intervals = resampled_intervals(rows, statistics);
  if (const auto& limits = intervals[0]) result.saving_interval = Interval{1 - limits->hi, 1 - limits->lo, limits->level, limits->method};
  result.difference_interval = intervals[1];
  return result;
}

// "R1 is 93.1% cheaper per correct answer than o1, and 1.2 points less accurate."
std::string sentence_of(const CostComparison& comparison, std::span<const std::string> labels, bool in_tokens) {
  const std::string saving = saving_text(comparison.saving, comparison.saving_interval), &run = labels[comparison.run], &reference = labels[comparison.reference];
  const std::string accuracy = points_text(comparison.difference, comparison.difference_interval);
  const std::string other = comparison.paired ? "" : fmt::format(" (they share {})", plural(static_cast<int64_t>(comparison.n_shared), "question"));
  if (std::abs(comparison.saving) < 0.0005)
    return fmt::format("{} {} per correct answer as {}, and is {}{}.", run, in_tokens ? "takes as many tokens" : "costs as much", reference, accuracy, other);
  if (comparison.saving < 0)
    return fmt::format("{} {} per correct answer as {}, and is {}{}.", run, in_tokens ? "takes " + saving + " as many tokens" : "costs " + saving + " as much", reference, accuracy, other);
  return fmt::format("{} is {} {}per correct answer than {}, and {}{}.", run, saving, in_tokens ? "in tokens " : "", reference, accuracy, other);
}

// What is to be said of runs over other questions than the first; empty where all share theirs.
std::string note_on_questions(std::span<const Contender> all, std::span<const std::string> labels) {
  std::string others;
  for (const Contender& one : all.subspan(1))
    if (!same_questions(one, all.front()))
      others += fmt::format("{}{} answered {} of them and {} others", others.empty() ? "" : ", ", labels[one.run], n_shared(one, all.front()),
                            one.questions.size() - n_shared(one, all.front()));
  if (others.empty()) return "";
  return fmt::format("Not the same questions: {} answered {}, {}. Scores and costs over other questions tell little of the models.", labels[all.front().run],
                     all.front().questions.size(), others);
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
  frontier.note = note_on_questions(all, labels);
  for (size_t i = 1; i < std::min(all.size(), kMostComparisons + 1); ++i)
    if (std::optional<CostComparison> comparison = compare(all[i], all.front())) {
      comparison->sentence = sentence_of(*comparison, labels, frontier.in_tokens);
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
               {"paired", comparison.paired}, {"n_shared_questions", comparison.n_shared}, {"sentence", comparison.sentence}};
  set_interval(json, "saving_interval", comparison.saving_interval);
  set_interval(json, "difference_interval", comparison.difference_interval);
  return json;
}

} // namespace

Json frontiers_json(std::span<const Frontier> frontiers) {
  Json json = Json::object();
  for (const Frontier& frontier : frontiers) {
    Json& task = json[frontier.task] = {{"unit", frontier.in_tokens ? "tokens_per_sample" : "usd_per_sample"}, {"points", Json::array()}, {"comparisons", Json::array()}};
    if (!frontier.note.empty()) task["note"] = frontier.note;
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
  if (saving < 0) {
    const std::string times = fmt::format("{:.2f}", 1 - saving);
    return interval ? fmt::format("{} [{:.2f}, {:.2f}] times", times, 1 - interval->hi, 1 - interval->lo) : times + " times";
  }
  const std::string share = in_points(saving) + "%";
  return interval ? fmt::format("{} [{}, {}] cheaper", share, in_points(interval->lo), in_points(interval->hi)) : share + " cheaper";
}

std::vector<bool> pareto(std::span<const std::pair<double, double>> points) {
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return std::pair(points[a].first, -points[a].second) < std::pair(points[b].first, -points[b].second); });
  std::vector<bool> on(points.size());
  std::pair<double, double> best = {0, 0}; // a score of 0 is worth no money
  for (size_t i : order) {
    on[i] = points[i].second > best.second || (best.second > 0 && points[i] == best);
    if (points[i].second > best.second) best = points[i];
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
