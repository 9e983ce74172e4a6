// SPDX-License-Identifier: MIT
#include "reports/traces.h"

#include <algorithm>
#include <cmath>

#include "reports/slot_fold.h"

namespace proctor {
namespace {

constexpr double kLeastConsistency = 0.95;
constexpr size_t kMostBins = 60;

// One counted sample with its length; -1: not known.
struct Judged {
  uint32_t question = 0;
  const GradeRow* grade = nullptr;
  int64_t tokens = -1;
};

std::vector<Judged> judged_samples(const RunTally& tally, std::span<const uint32_t> questions, std::string_view slot, int n_counted) {
  std::vector<Judged> all;
  for (uint32_t id : questions) {
    auto samples = std::ranges::equal_range(tally.samples(), id, {}, &SampleRow::question);
    auto sample = samples.begin();
    for (const GradeRow& grade : grades_of(tally, id, slot)) { // both by sample index
      if (grade.sample_idx >= n_counted) break;
      while (sample != samples.end() && sample->sample_idx < grade.sample_idx) ++sample;
      const bool same = sample != samples.end() && sample->sample_idx == grade.sample_idx;
      all.push_back({id, &grade, same ? sample->completion_tokens : -1});
    }
  }
  return all;
}

std::optional<double> ratio(double a, double b) { return b > 0 ? std::optional(a / b) : std::nullopt; }

// Accuracy of some samples.
struct Share {
  int64_t n = 0, c = 0;
  void add(Verdict verdict) {
    if (!in_denominator(verdict)) return;
    ++n;
    c += verdict == Verdict::correct;
  }
  std::optional<double> value() const { return ratio(static_cast<double>(c), static_cast<double>(n)); }
};

std::optional<TraceSummary> summarise(std::span<const Judged> all) {
  TraceSummary sum;
  int64_t words = 0, foreign = 0, reflective = 0, aha = 0, wait = 0;
  int64_t tokens = 0, reflective_tokened = 0, aha_tokened = 0, wait_tokened = 0;
  Share with, without;
  double overthinking = 0;
  for (const Judged& one : all) {
    const GradeRow& row = *one.grade;
    if (row.words < 0 || row.reflective < 0) continue;
    ++sum.n;
    words += row.words;
    foreign += row.foreign_words;
    reflective += row.reflective;
    aha += row.aha;
    wait += row.wait;
    if (one.tokens >= 0) {
      tokens += one.tokens;
      reflective_tokened += row.reflective;
      aha_tokened += row.aha;
      wait_tokened += row.wait;
    }
    (row.wait > 0 ? with : without).add(row.verdict);
    if (row.overthinking < 0) continue;
    ++sum.n_overthinking;
    overthinking += static_cast<double>(row.overthinking);
  }
  if (sum.n == 0) return std::nullopt;
  const auto n = static_cast<double>(sum.n);
  sum.consistency = ratio(static_cast<double>(words - foreign), static_cast<double>(words));
  sum.reflective_per_answer = static_cast<double>(reflective) / n;
  sum.aha_per_answer = static_cast<double>(aha) / n;
  sum.wait_per_answer = static_cast<double>(wait) / n;
  auto per_1k = [&](int64_t count) { return ratio(1000 * static_cast<double>(count), static_cast<double>(tokens)); };
  sum.reflective_per_1k = per_1k(reflective_tokened);
  sum.aha_per_1k = per_1k(aha_tokened);
  sum.wait_per_1k = per_1k(wait_tokened);
  sum.n_wait = with.n;
  sum.n_no_wait = without.n;
  sum.accuracy_wait = with.value();
  sum.accuracy_no_wait = without.value();
  sum.overthinking = ratio(overthinking, static_cast<double>(sum.n_overthinking));
  return sum;
}

// ---- lengths

struct Measured {
  uint32_t question = 0;
  int64_t length = 0;
  bool correct = false;
};

// Tokens where every counted sample has them, else characters where every one has those, else nothing.
struct Measures {
  std::string unit;
  std::vector<Measured> samples;
};

Measures measure(std::span<const Judged> all) {
  auto in_unit = [&](std::string unit, auto length) {
    Measures measures{std::move(unit), {}};
    for (const Judged& one : all)
      if (in_denominator(one.grade->verdict)) {
        if (length(one) < 0) return Measures{};
        measures.samples.push_back({one.question, length(one), one.grade->verdict == Verdict::correct});
      }
    return measures;
  };
  Measures tokens = in_unit("tokens", [](const Judged& one) { return one.tokens; });
  if (!tokens.samples.empty()) return tokens;
  return in_unit("characters", [](const Judged& one) { return int64_t{one.grade->characters}; });
}

double quantile(const std::vector<int64_t>& sorted, double q) {
  return static_cast<double>(sorted[static_cast<size_t>(std::ceil(q * static_cast<double>(sorted.size())) - 1)]);
}

// Powers of sqrt 2 from at most the smallest to above the largest.
std::vector<double> log_edges(int64_t smallest, int64_t largest) {
  const double first = std::floor(2 * std::log2(std::max<double>(1, static_cast<double>(smallest))));
  std::vector<double> edges;
  for (double step = first; edges.size() < kMostBins; ++step) {
    edges.push_back(std::exp2(step / 2));
    if (edges.back() > static_cast<double>(largest) && edges.size() > 1) break;
  }
  return edges;
}

LengthsBy lengths_of(std::span<const Measured> samples, bool correct, const std::vector<double>& edges) {
  std::vector<int64_t> sorted;
  for (const Measured& one : samples)
    if (one.correct == correct) sorted.push_back(one.length);
  LengthsBy lengths;
  lengths.bins.assign(edges.size() - 1, 0);
  if (sorted.empty()) return lengths;
  std::ranges::sort(sorted);
  double sum = 0;
  for (int64_t length : sorted) {
    sum += static_cast<double>(length);
    const auto above = std::ranges::upper_bound(edges, static_cast<double>(length)) - edges.begin();
    ++lengths.bins[static_cast<size_t>(std::clamp<int64_t>(above - 1, 0, static_cast<int64_t>(lengths.bins.size()) - 1))];
  }
  lengths.n = static_cast<int64_t>(sorted.size());
  lengths.mean = sum / static_cast<double>(sorted.size());
  lengths.p50 = quantile(sorted, 0.5);
  lengths.p90 = quantile(sorted, 0.9);
  lengths.p99 = quantile(sorted, 0.99);
  return lengths;
}

// The mean over questions of the share of samples that are correct within the limit, at every edge, from one pass
// over the samples by length.
std::vector<LimitPoint> limit_points(std::vector<Measured> samples, const std::vector<double>& edges) {
  std::map<uint32_t, double> n_of;
  for (const Measured& one : samples) ++n_of[one.question];
  const auto n_questions = static_cast<double>(n_of.size()), n = static_cast<double>(samples.size());
  std::ranges::sort(samples, {}, &Measured::length);
  std::vector<LimitPoint> points;
  double accuracy = 0, used = 0; // of the samples within the limit
  size_t at = 0;
  for (double limit : edges) {
    for (; at < samples.size() && static_cast<double>(samples[at].length) <= limit; ++at) {
      if (samples[at].correct) accuracy += 1 / n_of[samples[at].question] / n_questions;
      used += static_cast<double>(samples[at].length) / n;
    }
    points.push_back({limit, std::min(1.0, accuracy), used + limit * static_cast<double>(samples.size() - at) / n});
  }
  return points;
}

std::optional<double> mean_height(std::span<const LimitPoint> points) {
  if (points.size() < 2) return std::nullopt;
  double area = 0; // the points stand at equal distances in log2
  for (size_t i = 1; i < points.size(); ++i) area += (points[i - 1].accuracy + points[i].accuracy) / 2;
  return area / static_cast<double>(points.size() - 1);
}

std::optional<double> smallest_reaching(std::span<const LimitPoint> points, double share) {
  if (points.empty() || points.back().accuracy <= 0) return std::nullopt;
  for (const LimitPoint& point : points)
    if (point.accuracy >= share * points.back().accuracy * (1 - 1e-12)) return point.limit;
  return std::nullopt;
}

void add_lengths(Measures measures, TaskSummary& task) {
  if (measures.samples.empty()) return;
  const auto [least, most] = std::ranges::minmax(measures.samples, {}, &Measured::length);
  const std::vector<double> edges = log_edges(least.length, most.length);
  task.length_split = LengthSplit{measures.unit, edges, lengths_of(measures.samples, true, edges), lengths_of(measures.samples, false, edges)};
  LimitCurve curve{measures.unit, limit_points(std::move(measures.samples), edges), {}, {}};
  curve.area = mean_height(curve.points);
  curve.b90 = smallest_reaching(curve.points, 0.9);
  task.limits = std::move(curve);
}

// Reported reasoning tokens that are 0 although there is thinking were not counted by the endpoint: then, and where
// none are reported, the text tells.
void split_tokens(std::span<const Judged> all, TaskSummary& task) {
  TokenSums& tokens = task.tokens;
  int64_t thinking = 0, characters = 0;
  for (const Judged& one : all) {
    thinking += std::max(0, one.grade->reasoning_characters);
    characters += std::max(0, one.grade->characters);
  }
  const bool unreported = tokens.reasoning.value_or(0) == 0 && thinking > 0 && characters > 0;
  if (tokens.completion && unreported) {
    const double share = std::min(1.0, static_cast<double>(thinking) / static_cast<double>(characters));
    tokens.reasoning = std::llround(share * static_cast<double>(*tokens.completion));
    tokens.reasoning_by_text = true;
  }
  if (tokens.completion && tokens.reasoning && *tokens.reasoning <= *tokens.completion) tokens.answer = *tokens.completion - *tokens.reasoning;
}

} // namespace

bool is_mixed(const GradeRow& row) {
  return row.words > 0 && static_cast<double>(row.words - row.foreign_words) < kLeastConsistency * row.words;
}

void fold_traces(const RunTally& tally, std::span<const uint32_t> questions, std::string_view slot, TaskSummary& task) {
  const std::vector<Judged> all = judged_samples(tally, questions, slot, counted_samples(task));
  task.traces = summarise(all);
  add_lengths(measure(all), task);
  split_tokens(all, task);
}

} // namespace proctor
