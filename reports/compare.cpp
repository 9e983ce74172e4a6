// SPDX-License-Identifier: MIT
#include "reports/compare.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <unordered_map>

#include "reports/distributions.h"
#include "reports/planning.h"
#include "reports/sum.h"
#include "reports/resample.h"
#include "reports/text.h"

namespace proctor {
namespace {

// One question that both runs answered.
struct Both {
  const QuestionRow* base;
  const QuestionRow* cand;
};

struct Joined {
  std::vector<Both> both;
  int64_t base_only = 0, cand_only = 0;
  int64_t n_prompts_differ = 0, n_targets_differ = 0;
  std::string first_differing;
};

Joined join(const SlotSummary& base, const SlotSummary& cand) {
  std::unordered_map<std::string_view, const QuestionRow*> known;
  for (const QuestionRow& row : base.questions)
    if (row.n > 0) known.emplace(row.doc_id, &row);
  Joined joined;
  for (const QuestionRow& row : cand.questions) {
    if (row.n == 0) continue;
    auto match = known.find(row.doc_id);
    if (match == known.end()) {
      ++joined.cand_only;
      continue;
    }
    const QuestionRow& other = *match->second;
    joined.both.push_back({&other, &row});
    known.erase(match);
    if (row.prompt.differs(other.prompt)) ++joined.n_prompts_differ;
    if (!row.target.differs(other.target)) continue;
    if (joined.n_targets_differ++ == 0) joined.first_differing = row.doc_id;
  }
  joined.base_only = static_cast<int64_t>(known.size());
  return joined;
}

// "math@1" of "math@1+percent_bare=off".
std::string why_not(const TaskSummary& base, const SlotSummary& base_slot, const TaskSummary& cand,
                    const SlotSummary& cand_slot, const Joined& joined) {
  if (!base_slot.grader.empty() && !cand_slot.grader.empty() && base_slot.grader != cand_slot.grader)
    return fmt::format("graded by different rules ({} and {}); grade one of them again (proctor grade RUN)",
                       base_slot.grader, cand_slot.grader);
  if (joined.n_targets_differ > 0)
    return fmt::format("{} of {} have another reference answer in the two runs, the first is {}: these are not the same "
                       "questions",
                       joined.n_targets_differ, plural(static_cast<int64_t>(joined.both.size()), "common question"),
                       joined.first_differing);
  if (joined.both.empty()) {
    if (base.version != cand.version && !base.version.empty() && !cand.version.empty())
      return fmt::format("no question in common (task version {} and {})", base.version, cand.version);
    return "no question in common; run both over the same questions (same data, same --gen-seed)";
  }
  return "";
}

void add_notes(const Joined& joined, TaskComparison& result) {
  if (joined.base_only + joined.cand_only > 0)
    result.notes.push_back(fmt::format("{} only in the first run and {} only in the second are left out",
                                       plural(joined.base_only, "question"), joined.cand_only));
  if (joined.n_prompts_differ > 0)
    result.notes.push_back(fmt::format("the prompts of {} differ: the change of prompt is part of the difference",
                                       plural(joined.n_prompts_differ, "question")));
}

void add_generalise(std::span<const Difference> differences, const CompareOptions& options, TaskComparison& result) {
  ScopeResult& scope = result.generalise;
  scope.interval = generalise_difference_interval(differences, options.level);
  result.n_clusters = count_clusters(differences);
  result.too_few_clusters = least_sign_flip_p(result.n_clusters) > 1 - options.level;
  std::vector<Observation> observations;
  for (const Difference& one : differences) observations.push_back({one.value, 1, std::nullopt, one.cluster});
  scope.se = generalise_se(observations);
  const bool has_p = scope.se.has_value(); // two clusters or more
  if (!scope.interval) scope.why_none = has_p ? "the difference is the same in every cluster" : "fewer than two clusters of questions";
  if (const auto test = sign_flip(differences, options.seed); test && has_p) {
    scope.p = test->p;
    scope.p_less = test->p_less;
    scope.test = test->exact ? "sign-flip permutation, exact"
                             : fmt::format("sign-flip permutation, 100,000 draws, seed {}", options.seed);
  }
  RatioOfSums mean(Scale::linear);
  for (const Difference& one : differences) mean.add(one.cluster, one.value, 1);
  result.bootstrap = mean.interval({options.level, options.seed});
}

void add_detectable(const CompareOptions& options, ScopeResult& scope) {
  const double errors = two_sided_z(options.level) + normal_quantile(options.power);
  if (scope.se && *scope.se > 0 && errors > 0) scope.detectable = errors * *scope.se;
}

// Shares of samples: the exact tests.
void add_fixed(const std::vector<Pair>& pairs, const CompareOptions& options, TaskComparison& result) {
  const bool single = std::ranges::all_of(pairs, [](const Pair& pair) { return pair.n_base == 1 && pair.n_cand == 1; });
  ScopeResult& scope = result.fixed;
  scope.interval = fixed_difference_interval(pairs, options.level);
  if (!scope.interval) scope.why_none = "no question varies within a run";
  scope.se = fixed_difference_se(pairs);
  const Cmh test = *cmh(pairs);
  scope.p = test.p_mid;
  scope.p_less = test.mid_less;
  scope.test = single ? "McNemar, exact mid-p" : "CMH by question, exact mid-p";
  result.p_exact = test.p_exact;
  result.odds_ratio = test.odds_ratio;
}

void add_flips(const std::vector<Both>& both, const std::vector<Pair>& pairs, TaskComparison& result) {
  std::vector<double> p;
  for (const Pair& pair : pairs) p.push_back(fisher_exact(pair));
  const std::vector<double> adjusted = benjamini_hochberg(p);
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    const double base = double(pair.base) / pair.n_base, cand = double(pair.cand) / pair.n_cand;
    const bool significant = adjusted[i] <= 0.05;
    const bool crossed = (base - 0.5) * (cand - 0.5) < 0;
    if (base == cand || (!significant && !crossed)) continue;
    (cand > base ? result.gained : result.lost).push_back({both[i].cand->doc_id, base, cand, p[i], significant});
  }
  auto size = [](const Flip& flip) { return -std::abs(flip.cand - flip.base); };
  std::ranges::stable_sort(result.gained, {}, size);
  std::ranges::stable_sort(result.lost, {}, size);
}

// The jackknife wants samples that are not in a subset; of some metrics no variance is known at all (intervals.h).
std::string unknown_noise(const std::string& metric) {
  const MetricName name = *parse_metric_name(metric);
  const bool has_jackknife = name.kind == MetricKind::pass_at || name.kind == MetricKind::pass_hat || name.kind == MetricKind::maj_at;
  return fmt::format("the noise of {} cannot be estimated{}", metric,
                     has_jackknife ? fmt::format(" from fewer than {} samples per question", 2 * int64_t{name.k}) : "");
}

// Metrics over k-subsets: the intervals of scores, and a normal test on the jackknife variances.
void add_fixed_by_variance(const std::vector<Observation>& base, const std::vector<Observation>& cand,
                           const CompareOptions& options, TaskComparison& result) {
  const auto base_se = rerun_se(base), cand_se = rerun_se(cand);
  ScopeResult& scope = result.fixed;
  if (!base_se || !cand_se) scope.why_none = unknown_noise(options.metric);
  else if (*base_se + *cand_se <= 0) scope.why_none = fmt::format("{} varies on no question within a run", options.metric);
  if (!scope.why_none.empty()) return;
  const double se = std::hypot(*base_se, *cand_se);
  scope.se = se;
  scope.interval = rerun_difference_interval(base, cand, options.level);
  scope.p = 2 * normal_cdf(-std::abs(result.difference) / se);
  scope.p_less = normal_cdf(result.difference / se);
  scope.test = "z on jackknife variances";
}

void add_tokens(const std::vector<Both>& both, double level, TaskComparison& result) {
  std::vector<Difference> logs;
  for (const auto& [base, cand] : both)
    if (base->tokens.sum > 0 && cand->tokens.sum > 0)
      logs.push_back({std::log((cand->tokens.sum / double(cand->tokens.n)) / (base->tokens.sum / double(base->tokens.n))), cand->cluster});
  if (logs.size() == both.size()) result.tokens = geometric_ratio(logs, level);
}

// What planning needs: the noise of one sample, and how much the true difference varies over questions.
void add_variances(const std::vector<Observation>& base, const std::vector<Observation>& cand, TaskComparison& result) {
  std::vector<double> differences, noise, within;
  for (size_t i = 0; i < base.size(); ++i) {
    differences.push_back(cand[i].value - base[i].value);
    for (const Observation* one : {&base[i], &cand[i]}) {
      // Without a variance of its own the question's pooled one stands in.
      const double pooled = (base[i].value * base[i].draws + cand[i].value * cand[i].draws) / (base[i].draws + cand[i].draws);
      const double draws = base[i].draws + cand[i].draws;
      const double variance = one->variance.value_or(pooled * (1 - pooled) * draws / (draws - 1) / one->draws);
      noise.push_back(variance);
      within.push_back(variance * one->draws);
    }
  }
  const auto n = static_cast<double>(base.size());
  result.within = ordered_mean(std::move(within));
  if (base.size() < 2) return;
  const double mean = ordered_mean(differences);
  double squares = 0;
  for (double one : differences) squares += (one - mean) * (one - mean);
  result.between = std::max(0.0, squares / (n - 1) - ordered_sum(std::move(noise)) / n);
}

std::string run_name(const Summary& summary) {
  std::string name = summary.model.empty() ? "unnamed model" : summary.model;
  return summary.run_id.empty() ? name : name + " " + summary.run_id;
}

void note_difference(std::string_view what, const std::string& a, const std::string& b, std::vector<std::string>& notes) {
  if (a != b) notes.push_back(fmt::format("{}: {} and {}", what, a, b));
}

std::vector<std::string> differing_options(const Summary& base, const Summary& cand) {
  std::vector<std::string> notes;
  note_difference("the sampling differs", member_text(base.options, "sampling"), member_text(cand.options, "sampling"), notes);
  note_difference("the system text differs", member_text(base.options, "system"), member_text(cand.options, "system"), notes);
  note_difference("the seed differs", member_text(base.options, "seed"), member_text(cand.options, "seed"), notes);
  for (std::string_view key : kAnsweringOptions)
    note_difference(fmt::format("{} differs", key), member_text(base.model_details, key), member_text(cand.model_details, key), notes);
  return notes;
}

void adjust(std::vector<TaskComparison>& tasks, ScopeResult TaskComparison::* scope) {
  std::vector<double> p;
  for (const TaskComparison& task : tasks)
    if ((task.*scope).p) p.push_back(*(task.*scope).p);
  const std::vector<double> adjusted = holm(p);
  size_t next = 0;
  for (TaskComparison& task : tasks)
    if ((task.*scope).p) (task.*scope).p_holm = adjusted[next++];
}

} // namespace

std::string member_text(const Json& object, std::string_view key) {
  const Json* value = find_member(object, key);
  return value == nullptr ? "none" : dump_json(*value);
}

bool Comparison::any() const {
  return std::ranges::any_of(tasks, [](const TaskComparison& task) { return task.incomparable.empty(); });
}

TaskComparison compare_slots(const TaskSummary& base, const SlotSummary& base_slot, const TaskSummary& cand,
                             const SlotSummary& cand_slot, const CompareOptions& options) {
  TaskComparison result;
  result.task = cand.name;
  result.slot = cand_slot.slot;
  result.metric = options.metric;
  const auto metric = parse_metric_name(options.metric);
  const Joined joined = join(base_slot, cand_slot);
  result.incomparable = why_not(base, base_slot, cand, cand_slot, joined);
  if (!result.incomparable.empty()) return result;

  std::vector<Both> both;
  std::vector<Observation> base_parts, cand_parts;
  std::vector<Pair> pairs;
  std::vector<Difference> differences;
  for (const Both& one : joined.both) {
    const QuestionTally base_tally = tally_of(*one.base), cand_tally = tally_of(*one.cand);
    auto base_part = observe(*metric, base_tally), cand_part = observe(*metric, cand_tally);
    if (!base_part || !cand_part) continue;
    base_part->cluster = cand_part->cluster = one.cand->cluster;
    both.push_back(one);
    differences.push_back({without_rounding(cand_part->value - base_part->value), one.cand->cluster});
    const auto base_share = share_of(*metric, base_tally), cand_share = share_of(*metric, cand_tally);
    if (base_share && cand_share)
      pairs.push_back({base_share->n, base_share->x, cand_share->n, cand_share->x, one.cand->cluster});
    base_parts.push_back(*base_part);
    cand_parts.push_back(*cand_part);
    result.n_base_samples += one.base->n;
    result.n_cand_samples += one.cand->n;
  }
  const bool k_metric = pairs.empty();
  if (both.empty() || (k_metric && both.size() < joined.both.size())) {
    result.incomparable = fmt::format("{} cannot be computed for every common question (too few samples?)", options.metric);
    return result;
  }
  result.n_questions = static_cast<int64_t>(both.size());
  result.n_base_only = joined.base_only;
  result.n_cand_only = joined.cand_only;
  add_notes(joined, result);
  auto mean = [](const std::vector<Observation>& parts) {
    std::vector<double> values;
    for (const Observation& part : parts) values.push_back(part.value);
    return ordered_mean(std::move(values));
  };
  result.base = mean(base_parts);
  result.cand = mean(cand_parts);
  result.difference = without_rounding(result.cand - result.base);
  if (k_metric)
    add_fixed_by_variance(base_parts, cand_parts, options, result);
  else
    add_fixed(pairs, options, result);
  add_generalise(differences, options, result);
  add_detectable(options, result.fixed);
  if (!result.too_few_clusters) add_detectable(options, result.generalise);
  if (!k_metric) add_flips(both, pairs, result);
  add_tokens(both, options.level, result);
  add_variances(base_parts, cand_parts, result);
  return result;
}

Comparison compare_runs(const Summary& base, const Summary& cand, const CompareOptions& options) {
  Comparison comparison;
  comparison.base_name = run_name(base);
  comparison.cand_name = run_name(cand);
  comparison.notes = differing_options(base, cand);
  for (const TaskSummary& task : cand.tasks) {
    const TaskSummary* other = find_task(base, task.name);
    if (other == nullptr) {
      comparison.notes.push_back(fmt::format("{} is only in the second run", task.name));
      continue;
    }
    for (const SlotSummary& slot : task.slots)
      if (const SlotSummary* other_slot = find_slot(*other, slot.slot))
        comparison.tasks.push_back(compare_slots(*other, *other_slot, task, slot, options));
  }
  for (const TaskSummary& task : base.tasks)
    if (find_task(cand, task.name) == nullptr)
      comparison.notes.push_back(fmt::format("{} is only in the first run", task.name));
  adjust(comparison.tasks, &TaskComparison::fixed);
  adjust(comparison.tasks, &TaskComparison::generalise);
  return comparison;
}

} // namespace proctor
