// SPDX-License-Identifier: MIT
#include "reports/metrics.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "reports/intervals.h"
#include "reports/sum.h"

namespace proctor {
namespace {

// One question's part of a mean.
struct Estimate {
  double value = 0;
  double draws = 1;
  std::optional<double> variance;
};

// A mean over the questions that have a value, with what it rests on.
struct Mean {
  std::vector<Observation> questions;
  int64_t n_samples = 0;
  int least = 0, most = 0; // samples per question

  void add(const Estimate& estimate, int n, std::string_view cluster) {
    least = questions.empty() ? n : std::min(least, n);
    most = std::max(most, n);
    questions.push_back({estimate.value, estimate.draws, estimate.variance, cluster});
    n_samples += n;
  }

  double value() const {
    std::vector<double> values;
    for (const Observation& question : questions) values.push_back(question.value);
    return ordered_mean(std::move(values));
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
    if (mean.questions.empty()) return nullptr;
    Metric& metric = list_.emplace_back();
    metric.name = std::move(name);
    metric.kind = kind;
    metric.value = mean.value();
    metric.n_questions = static_cast<int64_t>(mean.questions.size());
    metric.n_samples = mean.n_samples;
    metric.n_short = n_short_;
    metric.definition = std::move(definition);
    metric.rerun = rerun_interval(mean.questions);
    metric.generalise = generalise_interval(mean.questions);
    metric.se = generalise_se(mean.questions);
    return &metric;
  }
  std::vector<Metric> take() && { return std::move(list_); }

 private:
  int64_t n_short_;
  std::vector<Metric> list_;
};

// nullopt when some question with samples has no value.
std::optional<Mean> mean_of_all(std::span<const QuestionTally> questions, auto estimate) {
  Mean mean;
  for (const QuestionTally& question : questions) {
    if (question.n == 0) continue;
    std::optional<Estimate> value = estimate(question);
    if (!value) return std::nullopt;
    mean.add(*value, question.n, question.cluster);
  }
  return mean;
}

Mean mean_of_shares(std::span<const QuestionTally> questions, auto numerator, auto denominator) {
  Mean mean;
  for (const QuestionTally& question : questions)
    if (const int n = denominator(question); n > 0)
      mean.add({static_cast<double>(numerator(question)) / n, static_cast<double>(n),
                pass_at_k_variance(n, numerator(question), 1)},
               n, question.cluster);
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
constexpr Family kMgPass{MetricKind::mg_pass, "mg-pass@",
                         "mean G-Pass above tau = 1/2, exact over all subsets of {}"};

std::optional<double> value_of(const Family& family, const QuestionTally& question, int k) {
  if (family.kind == MetricKind::pass_at) return pass_at_k(question.n, question.c, k);
  if (family.kind == MetricKind::pass_hat) return pass_hat_k(question.n, question.c, k);
  if (family.kind == MetricKind::mg_pass) return mg_pass_at_k(question.n, question.c, k);
  return maj_at_k(question.classes, question.silent, k);
}

std::optional<double> variance_of(const Family& family, const QuestionTally& question, int k) {
  if (family.kind == MetricKind::pass_at) return pass_at_k_variance(question.n, question.c, k);
  if (family.kind == MetricKind::pass_hat) return pass_hat_k_variance(question.n, question.c, k);
  if (family.kind == MetricKind::mg_pass) return std::nullopt;
  return maj_at_k_variance(question.classes, question.silent, k);
}

std::optional<Estimate> estimate(const Family& family, const QuestionTally& question, int k) {
  const std::optional<double> value = value_of(family, question, k);
  if (!value) return std::nullopt;
  return Estimate{*value, static_cast<double>(question.n / k), variance_of(family, question, k)};
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
  add_family(metrics, questions, kMgPass, std::span(grid).subspan(std::min<size_t>(1, grid.size())));
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
