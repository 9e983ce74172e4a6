// SPDX-License-Identifier: MIT
#include "reports/metrics.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "harness/parallel.h"
#include "harness/text/number.h"
#include "reports/intervals.h"
#include "reports/sum.h"

namespace proctor {
namespace {

// One question's part of a mean.
struct Estimate {
  double value = 0;
  double draws = 1;
  std::optional<double> variance;
  int n = 0; // samples that it is of
};

// A mean over the questions that have a value, with what it rests on.
struct Mean {
  std::vector<Observation> questions;
  int64_t n_samples = 0;
  int least = 0, most = 0; // samples per question

  void add(const Estimate& estimate, std::string_view cluster) {
    const int n = estimate.n;
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
std::optional<Mean> mean_of_all(std::span<const QuestionTally> questions, std::span<const std::optional<Estimate>> estimates) {
  Mean mean;
  for (size_t i = 0; i < questions.size(); ++i) {
    if (questions[i].n == 0) continue;
    if (!estimates[i]) return std::nullopt;
    mean.add(*estimates[i], questions[i].cluster);
  }
  return mean;
}

Mean mean_of_shares(std::span<const QuestionTally> questions, auto numerator, auto denominator) {
  Mean mean;
  for (const QuestionTally& question : questions)
    if (const int n = denominator(question); n > 0)
      mean.add({static_cast<double>(numerator(question)) / n, static_cast<double>(n),
                pass_at_k_variance(n, numerator(question), 1), n},
               question.cluster);
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
constexpr Family kBestOf{MetricKind::best_of, "best@",
                         "the sample with the highest mean token log-probability, exact over all subsets of {}"};
constexpr Family kMgPass{MetricKind::mg_pass, "mg-pass@",
                         "mean G-Pass above tau = 1/2, exact over all subsets of {}"};

constexpr std::string_view kSettled = "one vote, known from {} samples; ties split";

std::optional<double> value_of(const Family& family, const QuestionTally& question, int k) {
  if (family.kind == MetricKind::pass_at) return pass_at_k(question.n, question.c, k);
  if (family.kind == MetricKind::pass_hat) return pass_hat_k(question.n, question.c, k);
  if (family.kind == MetricKind::mg_pass) return mg_pass_at_k(question.n, question.c, k);
  if (family.kind == MetricKind::best_of) return best_of_k(question.scored, k);
  return maj_at_k(question.classes, question.silent, k);
}

// The vote of k samples where it is known from other samples than the counted ones.
const SettledVote* settled_vote(const Family& family, const QuestionTally& question, int k) {
  return family.kind == MetricKind::maj_at && question.settled && question.settled->k == k ? &*question.settled : nullptr;
}

std::optional<double> variance_of(const Family& family, const QuestionTally& question, int k) {
  if (family.kind == MetricKind::pass_at) return pass_at_k_variance(question.n, question.c, k);
  if (family.kind == MetricKind::pass_hat) return pass_hat_k_variance(question.n, question.c, k);
  if (family.kind == MetricKind::mg_pass) return std::nullopt;
  if (family.kind == MetricKind::best_of) return k == 1 ? pass_at_k_variance(question.n, question.c, 1) : std::nullopt;
  return maj_at_k_variance(question.classes, question.silent, k);
}

constexpr std::array kFamilies = {kPassAt, kMajAt, kPassHat, kBestOf, kMgPass};

std::optional<Estimate> estimate(const Family& family, const QuestionTally& question, int k) {
  if (const SettledVote* vote = settled_vote(family, question, k)) return Estimate{vote->credit, 1, std::nullopt, vote->n};
  const std::optional<double> value = value_of(family, question, k);
  if (!value) return std::nullopt;
  return Estimate{*value, static_cast<double>(question.n / k), variance_of(family, question, k), question.n};
}

void add_family(MetricList& metrics, std::span<const QuestionTally> questions, const Family& family,
                std::span<const int> grid) {
  std::vector<std::optional<Estimate>> estimates(questions.size() * grid.size()); // by k, then by question
  parallel_for(estimates.size(), 256, [&](size_t i) {
    const QuestionTally& question = questions[i % questions.size()];
    if (question.n > 0) estimates[i] = estimate(family, question, grid[i / questions.size()]);
  });
  for (size_t at = 0; at < grid.size(); ++at) {
    const int k = grid[at];
    auto mean = mean_of_all(questions, std::span(estimates).subspan(at * questions.size(), questions.size()));
    if (!mean) continue;
    const bool is_average = family.kind == MetricKind::pass_at && k == 1;
    const bool settled = std::ranges::any_of(questions, [&](const QuestionTally& question) { return settled_vote(family, question, k) != nullptr; });
    std::string definition =
        is_average ? "avg-of-" + mean->n_text() : fmt::format(fmt::runtime(settled ? kSettled : family.definition), mean->n_text());
    Metric* metric = metrics.add(fmt::format("{}{}", family.name, k), family.kind, *mean, std::move(definition));
    if (metric == nullptr) continue;
    metric->k = k;
    const bool picks_one = family.kind == MetricKind::maj_at || family.kind == MetricKind::best_of;
    if (picks_one && k > 1 && mean->least < 2 * k) metric->flag = "n<2k";
  }
}

} // namespace

QuestionTally tally_of(const QuestionRow& row) {
  return {row.n, row.c, row.n_truncated, row.n_format, row.n_format_ok, row.n_traced, row.n_loop, row.n_mixed, row.cluster, row.classes, row.silent, row.settled, row.scored};
}

std::optional<MetricName> parse_metric_name(std::string_view name) {
  if (name == "format") return MetricName{MetricKind::format, 0};
  if (name == "truncated") return MetricName{MetricKind::truncated, 0};
  if (name == "accuracy|completed") return MetricName{MetricKind::accuracy_completed, 0};
  if (name == "loop") return MetricName{MetricKind::loop, 0};
  if (name == "mixed") return MetricName{MetricKind::mixed, 0};
  for (const Family& family : kFamilies) {
    if (!name.starts_with(family.name)) continue;
    const auto k = parse_number<int>(name.substr(family.name.size()));
    if (k && *k >= 1) return MetricName{family.kind, *k};
  }
  return std::nullopt;
}

bool higher_is_better(MetricKind kind) {
  return kind != MetricKind::truncated && kind != MetricKind::loop && kind != MetricKind::mixed;
}

std::optional<Share> share_of(const MetricName& metric, const QuestionTally& question) {
  Share share;
  switch (metric.kind) {
    case MetricKind::pass_at:
      if (metric.k != 1) return std::nullopt;
      share = {question.c, question.n};
      break;
    case MetricKind::format: share = {question.n_format_ok, question.n_format}; break;
    case MetricKind::truncated: share = {question.n_truncated, question.n}; break;
    case MetricKind::accuracy_completed: share = {question.c, question.n - question.n_truncated}; break;
    case MetricKind::loop: share = {question.n_loop, question.n_traced}; break;
    case MetricKind::mixed: share = {question.n_mixed, question.n_traced}; break;
    case MetricKind::maj_at:
    case MetricKind::pass_hat:
    case MetricKind::best_of:
    case MetricKind::mg_pass: return std::nullopt;
  }
  if (share.n <= 0) return std::nullopt;
  return share;
}

std::optional<Observation> observe(const MetricName& metric, const QuestionTally& question) {
  if (const auto share = share_of(metric, question))
    return Observation{double(share->x) / share->n, double(share->n), pass_at_k_variance(share->n, share->x, 1),
                       question.cluster};
  for (const Family& family : kFamilies)
    if (family.kind == metric.kind && metric.k >= 1)
      if (const auto part = estimate(family, question, metric.k))
        return Observation{part->value, part->draws, part->variance, question.cluster};
  return std::nullopt;
}

std::optional<double> value_at(const MetricName& metric, const QuestionTally& question) {
  for (const Family& family : kFamilies) {
    if (family.kind != metric.kind || metric.k < 1) continue;
    if (const SettledVote* vote = settled_vote(family, question, metric.k)) return vote->credit;
    return value_of(family, question, metric.k);
  }
  return std::nullopt;
}

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
  add_family(metrics, questions, kBestOf, grid);
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
  const auto traced = [](const Q& q) { return q.n_traced; };
  metrics.add("loop", MetricKind::loop, mean_of_shares(questions, [](const Q& q) { return q.n_loop; }, traced),
              "20 tokens in a row repeated 8 times, or a tail that deflates below 1/8; mean over questions");
  metrics.add("mixed", MetricKind::mixed, mean_of_shares(questions, [](const Q& q) { return q.n_mixed; }, traced),
              "over 5 % of the thinking's words in another script than the question; mean over questions");
  return std::move(metrics).take();
}

} // namespace proctor
