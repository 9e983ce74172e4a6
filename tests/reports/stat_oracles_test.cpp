// SPDX-License-Identifier: MIT
//
// Every block of the golden values in oracles/r1_numbers.json, where PROCTOR_TEST_DATA names a folder that holds it: two
// independent evaluations stand behind each. A block that no test knows fails. The values that statistics rest on stand
// in the tests of their units too, so that a fresh clone checks them.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/json.h"
#include "reports/adaptive.h"
#include "reports/distributions.h"
#include "reports/estimators.h"
#include "reports/intervals.h"
#include "reports/metrics.h"
#include "reports/paired.h"
#include "reports/planning.h"
#include "tests/reports/numbers.h"

using namespace proctor;

namespace {

// Null where the folder is not at hand, and says so.
Json published_numbers() {
  const char* folder = std::getenv("PROCTOR_TEST_DATA");
  if (folder == nullptr) {
    MESSAGE("skipped: PROCTOR_TEST_DATA not set");
    return nullptr;
  }
  std::ifstream file(std::string(folder) + "/oracles/r1_numbers.json");
  return Json::parse(file);
}

// A finite sum to 1e-12, as the file says; what rests on quantiles to 1e-9.
doctest::Approx sum_of(const Json& value) { return doctest::Approx(value.get<double>()).epsilon(1e-12); }
doctest::Approx published(const Json& value) { return near(value.get<double>()); }

int number(const Json& row, const char* key) { return row.at(key).get<int>(); }

void check_each(const Json& rows, const std::function<std::optional<double>(const Json& row)>& ours) {
  for (const Json& row : rows) {
    INFO(row.dump());
    REQUIRE(ours(row).has_value());
    CHECK(*ours(row) == sum_of(row.at("value")));
  }
}

void check_intervals(const Json& rows, const std::function<std::optional<Interval>(double x, double n)>& ours) {
  for (const Json& row : rows) {
    INFO(row.dump());
    const auto interval = ours(row.at("x").get<double>(), row.at("n").get<double>());
    REQUIRE(interval.has_value());
    CHECK(interval->lo == published(row.at("lo")));
    CHECK(interval->hi == published(row.at("hi")));
  }
}

std::optional<double> majority(const Json& row) {
  std::vector<VoteClass> classes;
  for (const auto& [answer, n] : row.at("counts").items()) classes.push_back({n.get<int>(), answer == row.at("correct").get<std::string>(), 0});
  return maj_at_k(classes, number(row, "unparsable"), number(row, "k"));
}

void check_mcnemar(const Json& rows) {
  for (const Json& row : rows) {
    const McNemar test = mcnemar(number(row, "b"), number(row, "c"));
    CHECK(test.p_exact == sum_of(row.at("exact_two_sided")));
    CHECK(test.p_mid == sum_of(row.at("mid_p")));
  }
}

void check_cmh(const Json& block) {
  std::vector<Pair> pairs;
  for (size_t i = 0; i < block.at("a").size(); ++i)
    pairs.push_back({number(block, "n_b"), block.at("b")[i].get<int>(), number(block, "n_a"), block.at("a")[i].get<int>(), {}});
  const Cmh test = *cmh(pairs);
  CHECK(test.sum == sum_of(block.at("sum_a")));
  CHECK(test.expected == sum_of(block.at("expected")));
  CHECK(test.variance == sum_of(block.at("variance")));
  CHECK(*test.z == sum_of(block.at("z")));
  CHECK(test.p_normal == published(block.at("p_two_sided_normal")));
  CHECK(test.p_greater == sum_of(block.at("p_exact_greater")));
  CHECK(test.p_exact == sum_of(block.at("p_exact_two_sided_min_likelihood")));
  CHECK(test.mid_greater == sum_of(block.at("p_mid_greater")));
  CHECK(2 * (test.p_greater - test.mid_greater) == sum_of(block.at("point_mass_at_observed")));
  CHECK(*test.odds_ratio == sum_of(block.at("mantel_haenszel_odds_ratio")));
  CHECK(mean_difference(pairs) == sum_of(block.at("mean_difference")));
  CHECK(*fixed_difference_se(pairs) == sum_of(block.at("se_rerun_difference")));
}

void check_gsprt(const Json& block) {
  const int plus = number(block, "plus"), minus = number(block, "minus"), n = plus + minus + number(block, "zero");
  const double mean = double(plus - minus) / n, variance = double(plus + minus) / n - mean * mean;
  CHECK(gsprt_llr(n, mean, variance, block.at("s0").get<double>(), block.at("s1").get<double>()) == sum_of(block.at("llr")));
  Gsprt test;
  test.margin = -block.at("s0").get<double>();
  Gsprt::Sums sums;
  for (int i = 0; i < n; ++i) sums.add(i < plus ? 1 : i < plus + minus ? -1 : 0);
  CHECK(test.llr(sums) == sum_of(block.at("llr_with_pseudo_counts")));
  CHECK(test.lower() == published(block.at("bounds_alpha05_beta05")[0]));
  CHECK(test.upper() == published(block.at("bounds_alpha05_beta05")[1]));
}

std::vector<Observation> observed(const Json& matrix) {
  std::vector<Observation> questions;
  for (const Json& row : matrix) {
    const auto n = static_cast<int>(row.size());
    int c = 0;
    for (const Json& sample : row) c += sample.get<double>() > 0;
    questions.push_back({double(c) / n, double(n), pass_at_k_variance(n, c, 1), {}});
  }
  return questions;
}

void check_decomposition(const Json& block) {
  const auto questions = observed(block.at("matrix"));
  const Spread spread = *decompose(questions);
  CHECK(spread.mean == sum_of(block.at("mean")));
  CHECK(spread.of_means == sum_of(block.at("var_of_question_means")));
  CHECK(spread.within == sum_of(block.at("within_unbiased")));
  CHECK(spread.between == sum_of(block.at("between")));
  CHECK(*spread.icc == sum_of(block.at("icc")));
  CHECK(*generalise_se(questions) == sum_of(block.at("se_superpopulation")));
  CHECK(*rerun_se(questions) == sum_of(block.at("se_fixed_set")));
  CHECK(two_sided_t(0.95, 4) == published(block.at("t_crit")));
}

void check_clusters(const Json& block) {
  std::vector<std::string> names;
  for (const Json& cluster : block.at("cluster")) names.push_back(std::to_string(cluster.get<int>()));
  std::vector<Observation> clustered, free;
  for (size_t i = 0; i < names.size(); ++i) {
    clustered.push_back({block.at("scores")[i].get<double>(), 1, {}, names[i]});
    free.push_back({block.at("scores")[i].get<double>(), 1, {}, {}});
  }
  CHECK(*clustered_se(clustered) == sum_of(block.at("miller_appendixA")));
  CHECK(*generalise_se(clustered) == sum_of(block.at("with_finite_cluster_C_over_Cm1")));
  CHECK(*generalise_se(free) == sum_of(block.at("naive")));
}

void check_bayes(const Json& block) {
  std::vector<int> correct;
  for (const Json& row : block.at("matrix")) {
    correct.push_back(0);
    for (const Json& sample : row) correct.back() += sample.get<int>();
  }
  const Posterior posterior = *bayes_at_n(correct, static_cast<int>(block.at("matrix")[0].size()));
  CHECK(posterior.mean == doctest::Approx(block.at("mu").get<double>()).epsilon(1e-11)); // twelve digits are given
  CHECK(posterior.deviation == sum_of(block.at("sigma")));
}

void check_advantages(const Json& block) {
  const auto rewards = block.at("rewards").get<std::vector<double>>();
  for (size_t i = 0; i < rewards.size(); ++i) {
    CHECK(group_advantages(rewards)[i] == sum_of(block.at("population_std")[i]));
    CHECK(group_advantages(rewards, true)[i] == sum_of(block.at("sample_std")[i]));
  }
  CHECK(group_advantages(std::vector<double>(4, 0.1)) == std::vector<double>(4, 0.0));
}

constexpr std::array kTableSamples = {1, 4, 16, 64};

// ours(row's name, samples, between)
void check_table(const Json& block, const std::function<void(const std::string& row, const Design& design, const Json& value)>& check) {
  for (const auto& [columns, between] : {std::pair("fixed_suite_omega2_0", 0.0), std::pair("generalise_omega2_0.02", 0.02)})
    for (const auto& [row, values] : block.at(columns).items())
      for (size_t i = 0; i < kTableSamples.size(); ++i) check(row, {0.1, between, kTableSamples[i], kTableSamples[i]}, values[i]);
}

const std::map<std::string, std::function<void(const Json&)>>& checks() {
  static const std::map<std::string, std::function<void(const Json&)>> kChecks = {
      {"pass_at_k", [](const Json& rows) { check_each(rows, [](const Json& r) { return pass_at_k(number(r, "n"), number(r, "c"), number(r, "k")); }); }},
      {"pass_hat_k", [](const Json& rows) { check_each(rows, [](const Json& r) { return pass_hat_k(number(r, "n"), number(r, "c"), number(r, "k")); }); }},
      {"g_pass_at_k_tau",
       [](const Json& rows) {
         check_each(rows, [](const Json& r) { return g_pass_at_k(number(r, "n"), number(r, "c"), number(r, "k"), r.at("tau").get<double>()); });
       }},
      {"mg_pass_at_k", [](const Json& rows) { check_each(rows, [](const Json& r) { return mg_pass_at_k(number(r, "n"), number(r, "c"), number(r, "k")); }); }},
      {"maj_at_k_exact", [](const Json& rows) { check_each(rows, majority); }},
      {"wilson_95", [](const Json& rows) { check_intervals(rows, [](double x, double n) { return wilson_interval(x, n); }); }},
      {"clopper_pearson_95", [](const Json& rows) { check_intervals(rows, [](double x, double n) { return clopper_pearson_interval(x, n); }); }},
      {"beta11_95", [](const Json& rows) { check_intervals(rows, [](double x, double n) { return beta_interval(x, n, 1); }); }},
      {"jeffreys_95", [](const Json& rows) { check_intervals(rows, [](double x, double n) { return beta_interval(x, n, 0.5); }); }},
      {"mcnemar", check_mcnemar},
      {"cmh", check_cmh},
      {"gsprt_llr", check_gsprt},
      {"adaptive_consistency_beta",
       [](const Json& rows) {
         for (const Json& r : rows) CHECK(lead_probability(number(r, "v1"), number(r, "v2")) == published(r.at("prob")));
       }},
      {"eprocess_mix_half_one",
       [](const Json& rows) {
         for (const Json& r : rows) CHECK(e_process(number(r, "n"), number(r, "k")) == published(r.at("e")));
       }},
      {"variance_decomposition", check_decomposition},
      {"wilson_neff",
       [](const Json& block) {
         const Interval interval = wilson(block.at("mean").get<double>(), block.at("n_eff").get<double>(), two_sided_t(0.95, 4));
         CHECK(interval.lo == published(block.at("lo")));
         CHECK(interval.hi == published(block.at("hi")));
       }},
      {"clustered_se", check_clusters},
      {"bayes_at_N", check_bayes},
      {"grpo_advantage", check_advantages},
      {"mde_pp_power80_two_sided5_s2_0.10",
       [](const Json& block) {
         check_table(block, [](const std::string& row, const Design& design, const Json& value) {
           CHECK(std::abs(100 * detectable_difference(design, std::stod(row)) - value.get<double>()) <= 0.0501);
         });
       }},
      {"noninferiority_questions_one_sided5_power90_true_diff0_s2_0.10",
       [](const Json& block) {
         check_table(block, [](const std::string& row, const Design& design, const Json& value) {
           CHECK(*questions_for_margin(design, std::stod(row) / 100) == value.get<int>()); // "3pp"
         });
       }},
  };
  return kChecks;
}

// Counts of `samples` per question with these sums: `wins` votes won, `ties` of five classes, the others lost.
std::vector<QuestionTally> questions_with(int n_questions, int samples, int correct, int wins, int ties) {
  std::vector<QuestionTally> questions;
  int left = correct - 2 * wins - 3 * ties; // a won vote has two of them at least, all others alone
  for (int q = 0; q < n_questions; ++q) {
    QuestionTally question;
    question.n = samples;
    const bool won = q < wins, tied = q >= wins && q < wins + ties;
    const int most = won ? samples - 2 : tied ? 0 : (samples - 1) / 2;
    const int more = std::min(left, most);
    left -= more;
    question.c = more + (won ? 2 : tied ? 3 : 0);
    if (question.c > 0) question.classes.push_back({question.c, true, 0});
    int wrong = samples - question.c;
    if (tied)
      for (int i = 0; i < 4; ++i, wrong -= 3) question.classes.push_back({3, false, 0});
    for (; wrong > 0; wrong -= won || tied ? 1 : wrong) question.classes.push_back({won || tied ? 1 : wrong, false, 0});
    questions.push_back(std::move(question));
  }
  REQUIRE(left == 0);
  return questions;
}

double metric(const std::vector<Metric>& metrics, std::string_view name) {
  const auto found = std::ranges::find(metrics, name, &Metric::name);
  REQUIRE(found != metrics.end());
  return found->value;
}

} // namespace

TEST_CASE("every golden value of the published oracles is met, block by block") {
  const Json numbers = published_numbers();
  if (numbers.is_null()) return;
  int n_checked = 0;
  for (const auto& [name, block] : numbers.at("stat_oracles").items()) {
    if (name == "_about" || name.ends_with("_note")) continue;
    INFO(name);
    const auto check = checks().find(name);
    REQUIRE(check != checks().end());
    check->second(block);
    ++n_checked;
  }
  CHECK(n_checked == static_cast<int>(checks().size()));
}

// Figure 2 of DeepSeek-R1 (arXiv 2501.12948v1) as exact counts: correct answers of 30 x 16, and votes won in fifths of a
// question. Which question had how many is not published; any questions with these sums must give the figure's points.
TEST_CASE("R1-Zero's training curve: 15.6 to 71.0 in pass@1 and 86.7 by the vote of 16") {
  const Json numbers = published_numbers();
  if (numbers.is_null()) return;
  const Json& curve = numbers.at("r1_zero_training_curve");
  std::vector<std::pair<double, double>> points;
  for (const Json& point : curve.at("points")) {
    const int fifths = point[4].get<int>();
    const auto metrics = compute_metrics(questions_with(30, 16, point[2].get<int>(), fifths / 5, fifths % 5), {16, 0, true, {}});
    points.emplace_back(metric(metrics, "pass@1"), metric(metrics, "maj@16"));
    CHECK(std::abs(points.back().first - point[1].get<double>()) < 0.00006);
    CHECK(std::abs(points.back().second - point[3].get<double>()) < 0.00006);
  }
  REQUIRE(points.size() == 35);
  CHECK(std::round(1000 * points.front().first) == 156);
  CHECK(std::round(1000 * points.back().first) == 710);
  CHECK(std::round(1000 * points.back().second) == 867);
}
