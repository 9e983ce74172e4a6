// SPDX-License-Identifier: MIT
#include "reports/metrics.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <set>

namespace proctor {
namespace {

// A mean over the questions that have a value, with what it rests on.
struct Mean {
  std::vector<double> values;
  int64_t n_questions = 0, n_samples = 0;
  int least = 0, most = 0; // samples per question

  void add(double value, int n) {
    least = n_questions == 0 ? n : std::min(least, n);
    most = std::max(most, n);
    values.push_back(value);
    ++n_questions;
    n_samples += n;
  }

  // Sums in the order of size, so that the order of the log (shards, resumption) cannot move a digit.
  double value() const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(n_questions);
  }

  std::string n_text() const {
    return least == most ? fmt::format("{}", most) : fmt::format("{} to {}", least, most);
  }
};

class MetricList {
 public:
  explicit MetricList(int64_t n_short) : n_short_(n_short) {}

  // Absent when there is nothing to average.
  Metric* add(std::string name, MetricKind kind, const Mean& mean, std::string definition) {
    if (mean.n_questions == 0) return nullptr;
    list_.push_back({std::move(name), kind, 0, mean.value(), mean.n_questions, mean.n_samples, n_short_,
                     std::move(definition), ""});
    return &list_.back();
  }
  std::vector<Metric> take() && { return std::move(list_); }

 private:
  int64_t n_short_;
  std::vector<Metric> list_;
};

// nullopt when some question with samples has no value.
template <class Estimate>
std::optional<Mean> mean_of_all(std::span<const QuestionTally> questions, Estimate estimate) {
  Mean mean;
  for (const QuestionTally& question : questions) {
    if (question.n == 0) continue;
    std::optional<double> value = estimate(question);
    if (!value) return std::nullopt;
    mean.add(*value, question.n);
  }
  return mean;
}

Mean mean_of_shares(std::span<const QuestionTally> questions, auto numerator, auto denominator) {
  Mean mean;
  for (const QuestionTally& question : questions)
    if (const int n = denominator(question); n > 0) mean.add(static_cast<double>(numerator(question)) / n, n);
  return mean;
}

struct Family {
  MetricKind kind;
  std::string_view name; // before k
  std::string_view definition;
};

constexpr Family kPassAt{MetricKind::pass_at, "pass@", "exact over all subsets of {}"};
constexpr Family kMajAt{MetricKind::maj_at, "maj@", "exact over all subsets of {}, ties split"};
constexpr Family kPassHat{MetricKind::pass_hat, "pass^", "exact over all subsets of {}, all right"};

std::optional<double> estimate(const Family& family, const QuestionTally& question, int k) {
  if (family.kind == MetricKind::pass_at) return pass_at_k(question.n, question.c, k);
  if (family.kind == MetricKind::pass_hat) return pass_hat_k(question.n, question.c, k);
  return maj_at_k(question.classes, question.silent, k);
}

void add_family(MetricList& metrics, std::span<const QuestionTally> questions, const Family& family,
                std::span<const int> grid) {
  for (int k : grid) {
    auto mean = mean_of_all(questions, [&](const QuestionTally& question) { return estimate(family, question, k); });
    if (!mean) continue;
    const bool is_average = family.kind == MetricKind::pass_at && k == 1;
    std::string definition =
        is_average ? "avg-of-" + mean->n_text() : fmt::format(fmt::runtime(family.definition), mean->n_text());
    Metric* metric = metrics.add(fmt::format("{}{}", family.name, k), family.kind, *mean, std::move(definition));
    if (metric == nullptr) continue;
    metric->k = k;
    if (family.kind == MetricKind::maj_at && k > 1 && mean->least < 2 * k) metric->flag = "n<2k";
  }
}

} // namespace

std::vector<int> k_grid(int n, std::span<const int> extra) {
  std::set<int> grid(extra.begin(), extra.end());
  for (int64_t k = 1; k <= n; k *= 2) grid.insert(static_cast<int>(k));
  if (n >= 1) grid.insert(n);
  return {grid.lower_bound(1), grid.end()};
}

std::vector<Metric> compute_metrics(std::span<const QuestionTally> questions, const MetricPlan& plan) {
  using Q = QuestionTally;
  MetricList metrics(plan.n_short);
  const std::vector<int> grid = k_grid(plan.n_samples, plan.extra_k);
  add_family(metrics, questions, kPassAt, grid);
  if (plan.has_votes) add_family(metrics, questions, kMajAt, grid);
  add_family(metrics, questions, kPassHat, grid);
  metrics.add("format", MetricKind::format,
              mean_of_shares(
                  questions, [](const Q& q) { return q.n_format_ok; }, [](const Q& q) { return q.n_format; }),
              "in the form asked for, mean over questions");
  metrics.add("truncated", MetricKind::truncated,
              mean_of_shares(
                  questions, [](const Q& q) { return q.n_truncated; }, [](const Q& q) { return q.n; }),
              "cut off before an answer, mean over questions");
  metrics.add("accuracy|completed", MetricKind::accuracy_completed,
              mean_of_shares(
                  questions, [](const Q& q) { return q.c; }, [](const Q& q) { return q.n - q.n_truncated; }),
              "correct / completed, mean over questions");
  return std::move(metrics).take();
}

} // namespace proctor
