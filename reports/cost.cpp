// SPDX-License-Identifier: MIT
#include "reports/cost.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "reports/estimators.h"
#include "reports/resample.h"
#include "reports/text.h"

namespace proctor {
namespace {

// What a gate may ask of a run besides its metrics.
void add_extra_metrics(const CostSummary& cost, SlotSummary& slot) {
  double usd = 0, correct = 0;
  for (const QuestionRow& row : slot.questions) usd += row.counted_usd.value_or(0), correct += row.c;
  slot.extra_metrics.emplace_back("usd", *cost.usd);
  if (cost.usd_per_question) slot.extra_metrics.emplace_back("usd_per_question", cost.usd_per_question->value);
  if (correct > 0) slot.extra_metrics.emplace_back("usd_per_correct", usd / correct);
}

// A basis that nobody asked for: what the endpoint reported, where it did.
Pricing settled(const RunTally& tally, Pricing pricing) {
  if (pricing.basis != CostBasis::none) return pricing;
  auto reported = [](const SampleRow& row) { return row.reported_usd >= 0; };
  const auto n = std::ranges::count_if(tally.samples(), reported), n_samples = std::ssize(tally.samples());
  if (n == 0) return pricing;
  pricing.basis = CostBasis::reported;
  pricing.what = "as the endpoint reported with " + (n == n_samples ? "every answer" : fmt::format("{} of {} answers", grouped(n), grouped(n_samples)));
  return pricing;
}

// Of everything that one question's attempts used.
struct QuestionCost {
  uint32_t question = 0;
  double usd = 0, waste_usd = 0, truncated_usd = 0;
  int64_t tokens = 0;
  bool has_tokens = false;
  int64_t n_attempts = 0, n_priced = 0;
  RequestUsd parts; // by a price list
  double counted_usd = 0, counted_tokens = 0; // of the samples that the question's n and c count
};

void add_parts(const std::optional<RequestUsd>& more, RequestUsd& sum) {
  if (!more) return;
  sum.prompt += more->prompt;
  sum.cached += more->cached;
  sum.completion += more->completion;
}

// n_counted: samples below this are those that the question's n and c count.
void add_attempt(const AttemptCosts& costs, const SampleRow& row, bool wasted, int n_counted, QuestionCost& question) {
  const double counted = row.sample_idx < n_counted ? 1 : 0;
  ++question.n_attempts;
  const Usage usage = row.usage();
  if (usage.completion_tokens) {
    question.tokens += *usage.completion_tokens;
    question.counted_tokens += counted * static_cast<double>(*usage.completion_tokens);
    question.has_tokens = true;
  }
  const std::optional<double> usd = costs.usd(row);
  if (!usd) return;
  if (costs.basis() == CostBasis::price_list) add_parts(request_parts(costs.pricing().tokens, usage), question.parts);
  ++question.n_priced;
  question.usd += *usd;
  question.counted_usd += counted * *usd;
  const bool truncated = row.status == CompletionStatus::truncated_thinking || row.status == CompletionStatus::truncated_answer;
  if (wasted) question.waste_usd += *usd;
  else if (truncated) question.truncated_usd += *usd;
}

QuestionCost charge(const RunTally& tally, const AttemptCosts& costs, uint32_t id, int n_counted) {
  QuestionCost question;
  question.question = id;
  for (const SampleRow& row : std::ranges::equal_range(tally.samples(), id, {}, &SampleRow::question))
    add_attempt(costs, row, row.status == CompletionStatus::error, n_counted, question);
  for (const SampleRow& row : std::ranges::equal_range(tally.superseded(), id, {}, &SampleRow::question))
    add_attempt(costs, row, true, n_counted, question);
  return question;
}

// ---- ratios over questions

// What a row of sums holds.
enum Column : size_t { kQuestions, kSamples, kCorrect, kTokens, kCountedTokens, kUsd, kCountedUsd, kVoteUsd, kSolved };

SumRow row_of(const QuestionCost& cost, const QuestionRow& question, int vote_k) {
  SumRow row{};
  row[kQuestions] = 1;
  row[kSamples] = question.n;
  row[kCorrect] = question.c;
  row[kTokens] = static_cast<double>(cost.tokens);
  row[kCountedTokens] = cost.counted_tokens;
  row[kUsd] = cost.usd;
  row[kCountedUsd] = cost.counted_usd;
  if (question.n > 0 && question.maj_headline) {
    const bool settled = question.settled && question.settled->k == vote_k;
    row[kVoteUsd] = settled ? cost.usd : cost.counted_usd / question.n * vote_k;
    row[kSolved] = *question.maj_headline;
  }
  return row;
}

// Of every question that was asked, those of one cluster added up.
ClusterRows rows_of(std::span<const QuestionCost> costs, const SlotSummary& slot, int vote_k) {
  ClusterRows rows;
  for (size_t i = 0; i < slot.questions.size(); ++i) {
    const QuestionRow& question = slot.questions[i];
    if (question.n > 0 || costs[i].usd > 0 || costs[i].tokens != 0) rows.add(question.cluster, row_of(costs[i], question, vote_k));
  }
  return rows;
}

struct RatioWanted {
  Column numerator, denominator;
  std::optional<Ratio>* ratio;
};

void add_ratios(const std::vector<SumRow>& rows, std::vector<RatioWanted> wanted) {
  const SumRow sums = sum_rows(std::span(&rows, 1));
  std::erase_if(wanted, [&](const RatioWanted& one) { return sums[one.denominator] <= 0; });
  std::vector<SumStatistic> statistics;
  for (const RatioWanted& one : wanted)
    statistics.push_back({[n = one.numerator, d = one.denominator](const SumRow& s) { return s[d] > 0 ? s[n] / s[d] : std::numeric_limits<double>::infinity(); }, Scale::log});
  const auto intervals = resampled_intervals(std::span(&rows, 1), statistics);
  for (size_t i = 0; i < wanted.size(); ++i) *wanted[i].ratio = Ratio{statistics[i](sums), intervals[i]};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Cost of pass per question (arXiv 2504.13359), which is infinite where nothing is right.
void add_cost_of_pass(std::span<const QuestionCost> costs, std::span<const QuestionRow> questions, CostSummary& cost) {
  std::vector<double> solved;
  int64_t n = 0;
  for (size_t i = 0; i < questions.size(); ++i) {
    n += questions[i].n > 0;
    if (questions[i].c > 0) solved.push_back(costs[i].counted_usd / questions[i].c);
  }
  if (!solved.empty()) cost.median_usd_per_correct = median(solved);
  if (n > 0) cost.share_unsolved = static_cast<double>(n - static_cast<int64_t>(solved.size())) / static_cast<double>(n);
}

void add_money(std::span<const QuestionCost> costs, const SlotSummary& slot, CostSummary& cost) {
  double usd = 0, waste = 0, truncated = 0;
  RequestUsd parts;
  for (const QuestionCost& one : costs) {
    add_parts(one.parts, parts);
    usd += one.usd;
    waste += one.waste_usd;
    truncated += one.truncated_usd;
  }
  cost.usd = usd;
  cost.waste_usd = waste;
  cost.truncated_usd = truncated;
  if (cost.basis == CostBasis::price_list) {
    cost.prompt_usd = parts.prompt;
    cost.cached_usd = parts.cached;
    cost.completion_usd = parts.completion;
  }
  add_cost_of_pass(costs, slot.questions, cost);
}

void set_charges(std::span<const QuestionCost> costs, SlotSummary& slot) {
  for (size_t i = 0; i < costs.size(); ++i) {
    QuestionRow& row = slot.questions[i];
    if (costs[i].n_priced > 0) row.usd = costs[i].usd, row.counted_usd = costs[i].counted_usd;
    if (costs[i].has_tokens) row.counted_tokens = costs[i].counted_tokens;
  }
}

} // namespace

AttemptCosts::AttemptCosts(const RunTally& tally, const Pricing& pricing, const Json& run) : pricing_(settled(tally, pricing)) {
  if (pricing_.basis != CostBasis::gpu_hour && pricing_.basis != CostBasis::core_hour) return;
  const DeviceSeconds seconds = device_seconds(run);
  const std::optional<double> busy = pricing_.basis == CostBasis::gpu_hour ? seconds.gpu : seconds.core;
  if (!busy) {
    pricing_.basis = CostBasis::none;
    return;
  }
  charge_hours(tally, *busy, pricing_.basis == CostBasis::gpu_hour ? busy : seconds.steps);
}

double AttemptCosts::units(const SampleRow& row) const {
  switch (unit_) {
  case Unit::steps: return std::max(0.0, static_cast<double>(row.step_seconds));
  case Unit::tokens: return static_cast<double>(std::max<int64_t>(0, row.completion_tokens));
  case Unit::attempts: break;
  }
  return 1;
}

// counted_seconds: of which the shares of steps are a part; nullopt: not known.
void AttemptCosts::charge_hours(const RunTally& tally, double busy_seconds, std::optional<double> counted_seconds) {
  double steps = 0, tokens = 0, attempts = 0;
  bool all_have_steps = true;
  for (const std::span<const SampleRow>& rows : {tally.samples(), tally.superseded()})
    for (const SampleRow& row : rows) {
      all_have_steps = all_have_steps && (row.step_seconds >= 0 || row.completion_tokens <= 0);
      steps += std::max(0.0, static_cast<double>(row.step_seconds));
      tokens += static_cast<double>(std::max<int64_t>(0, row.completion_tokens));
      ++attempts;
    }
  unit_ = all_have_steps && steps > 0 ? Unit::steps : tokens > 0 ? Unit::tokens : Unit::attempts;
  const double n_units = unit_ == Unit::steps ? steps : unit_ == Unit::tokens ? tokens : attempts;
  if (n_units > 0) usd_per_unit_ = busy_seconds / 3600 * pricing_.usd_per_hour / n_units;
  if (unit_ == Unit::steps && counted_seconds && *counted_seconds > 0) overhead_share_ = std::clamp(1 - steps / *counted_seconds, 0.0, 1.0);
}

std::optional<double> AttemptCosts::usd(const SampleRow& row) const {
  switch (pricing_.basis) {
  case CostBasis::none: return std::nullopt;
  case CostBasis::price_list: return request_usd(pricing_.tokens, row.usage());
  case CostBasis::reported: return row.usage().reported_usd;
  case CostBasis::gpu_hour:
  case CostBasis::core_hour: return usd_per_unit_ * units(row);
  }
  return std::nullopt;
}

void fold_cost(const RunTally& tally, const AttemptCosts& costs, std::span<const uint32_t> questions, TaskSummary& task) {
  CostSummary& cost = task.cost;
  std::vector<QuestionCost> charged;
  charged.reserve(questions.size());
  int64_t tokens = 0;
  bool has_tokens = false;
  const int n_counted = counted_samples(task);
  for (uint32_t id : questions) {
    charged.push_back(charge(tally, costs, id, n_counted));
    cost.n_attempts += charged.back().n_attempts;
    cost.n_priced += charged.back().n_priced;
    tokens += charged.back().tokens;
    has_tokens = has_tokens || charged.back().has_tokens;
  }
  if (task.slots.empty()) return;
  for (SlotSummary& each : task.slots) set_charges(charged, each);
  const SlotSummary& slot = task.slots.front();
  const bool has_money = costs.basis() != CostBasis::none && cost.n_priced > 0;
  const Metric* vote = headline_metric(slot, MetricKind::maj_at);
  cost.solved_k = has_money && vote != nullptr ? vote->k : 0;
  std::vector<RatioWanted> wanted;
  if (has_tokens)
    wanted = {{kTokens, kQuestions, &cost.tokens_per_question}, {kCountedTokens, kSamples, &cost.tokens_per_sample}, {kCountedTokens, kCorrect, &cost.tokens_per_correct}};
  if (has_money)
    wanted.insert(wanted.end(), {{kUsd, kQuestions, &cost.usd_per_question}, {kCountedUsd, kSamples, &cost.usd_per_sample},
                                 {kCountedUsd, kCorrect, &cost.usd_per_correct}, {kVoteUsd, kSolved, &cost.usd_per_solved}});
  add_ratios(rows_of(charged, slot, cost.solved_k).rows(), std::move(wanted));
  if (!has_money) return;
  cost.basis = costs.basis();
  cost.what = costs.pricing().what;
  cost.source = costs.pricing().source;
  add_money(charged, slot, cost);
  if (costs.overhead_share()) cost.overhead_usd = *cost.usd * *costs.overhead_share();
  for (SlotSummary& each : task.slots) add_extra_metrics(cost, each);
}

} // namespace proctor
