// SPDX-License-Identifier: MIT
#include "reports/intervals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "harness/random.h"
#include "reports/distributions.h"
#include "reports/estimators.h"
#include "tests/reports/numbers.h"

using namespace proctor;

namespace {

void check(const std::optional<Interval>& interval, double lo, double hi) {
  REQUIRE(interval.has_value());
  CHECK(interval->lo == near(lo));
  CHECK(interval->hi == near(hi));
}

// c correct of n per question, as pass@1 sees them.
std::vector<Observation> pass_1(const std::vector<int>& correct, int n,
                                const std::vector<std::string>& clusters = {}) {
  std::vector<Observation> questions;
  for (size_t i = 0; i < correct.size(); ++i)
    questions.push_back({static_cast<double>(correct[i]) / n, static_cast<double>(n),
                         pass_at_k_variance(n, correct[i], 1),
                         clusters.empty() ? std::string_view() : std::string_view(clusters[i])});
  return questions;
}

// --- simulated runs

double draw_normal(SplitMix64& random) { return normal_quantile(std::max(random.uniform(), 1e-12)); }

// Marsaglia and Tsang 2000, with the usual step for shapes below 1.
double draw_gamma(SplitMix64& random, double shape) {
  if (shape < 1) return draw_gamma(random, shape + 1) * std::pow(random.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = draw_normal(random), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(std::max(random.uniform(), 1e-300)) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

double draw_beta(SplitMix64& random, double a, double b) {
  const double x = draw_gamma(random, a), y = draw_gamma(random, b);
  return x + y > 0 ? x / (x + y) : 0.5;
}

struct Difficulty {
  double a, b;
  double mean() const { return a / (a + b); }
};

struct Coverage {
  double rerun = 0, generalise = 0;
  double narrowest = 1;
  int n_extreme = 0, extreme_rerun = 0, extreme_generalise = 0; // suites that score 0 or 1, and those of them that cover
};

Coverage simulate(Difficulty difficulty, int n, int samples, int rounds, uint64_t seed) {
  SplitMix64 random(seed);
  Coverage coverage;
  for (int round = 0; round < rounds; ++round) {
    std::vector<int> correct;
    double fixed = 0;
    for (int i = 0; i < n; ++i) {
      const double p = draw_beta(random, difficulty.a, difficulty.b);
      fixed += p / n;
      correct.push_back(draw_binomial(random, samples, p));
    }
    const auto questions = pass_1(correct, samples);
    const Interval rerun = *rerun_interval(questions), generalise = *generalise_interval(questions);
    const bool fixed_covered = rerun.lo <= fixed && fixed <= rerun.hi;
    const bool mean_covered = generalise.lo <= difficulty.mean() && difficulty.mean() <= generalise.hi;
    coverage.rerun += fixed_covered ? 1.0 / rounds : 0;
    coverage.generalise += mean_covered ? 1.0 / rounds : 0;
    if (const auto [least, most] = std::ranges::minmax(correct); least == most && (most == 0 || least == samples))
      ++coverage.n_extreme, coverage.extreme_rerun += fixed_covered, coverage.extreme_generalise += mean_covered;
    coverage.narrowest = std::min({coverage.narrowest, rerun.hi - rerun.lo, generalise.hi - generalise.lo});
  }
  return coverage;
}

} // namespace

TEST_CASE("Wilson, Clopper-Pearson, uniform and Jeffreys intervals have the golden values") {
  check(wilson_interval(24, 30), 0.6269430358685175, 0.9049489282271013);
  check(wilson_interval(0, 30), 0, 0.11351339317396876);
  check(wilson_interval(26, 30), 0.703186733179637, 0.9469034451594526);
  check(wilson_interval(30, 30), 0.8864866068260312, 1);
  check(clopper_pearson_interval(24, 30), 0.6143334890033929, 0.9228644879989344);
  check(clopper_pearson_interval(0, 30), 0, 0.11570330822202779);
  check(clopper_pearson_interval(26, 30), 0.6927816497238732, 0.9624465036616366);
  check(clopper_pearson_interval(30, 30), 0.8842966917779722, 1);
  check(beta_interval(24, 30, 1), 0.6252678338934159, 0.9040578316542489);
  check(beta_interval(0, 30, 1), 0.000816370071846613, 0.11218874692236996);
  check(beta_interval(30, 30, 1), 0.88781125307763, 0.9991836299281533);
  check(beta_interval(24, 30, 0.5), 0.6333868661587769, 0.911932624480094);
}

TEST_CASE("a share of nothing has no interval") {
  CHECK_FALSE(wilson_interval(0, 0).has_value());
  CHECK_FALSE(wilson_interval(3, 2).has_value());
  CHECK_FALSE(clopper_pearson_interval(-1, 2).has_value());
  CHECK_FALSE(beta_interval(1, 2, 0).has_value());
}

TEST_CASE("the variance of a score splits into within and between questions") {
  const auto questions = pass_1({2, 2, 3, 4, 0}, 4);
  const Spread spread = *decompose(questions);
  CHECK(spread.mean == near(0.55));
  CHECK(spread.of_means == near(0.1375));
  CHECK(spread.within == near(0.18333333333333332));
  CHECK(spread.between == near(0.09166666666666667));
  CHECK(*spread.icc == near(1.0 / 3));
  CHECK(*generalise_se(questions) == near(0.16583123951777));
  CHECK(*rerun_se(questions) == near(0.09574271077563382));
  CHECK(two_sided_t(0.95, 4) == near(2.7764451051977987));
  check(generalise_interval(questions), 0.18823181808248596, 0.8656325060162715);
}

TEST_CASE("questions of one cluster count together") {
  const std::vector<std::string> clusters = {"a", "a", "a", "b", "b", "b", "c", "c", "d", "d"};
  const auto questions = pass_1({1, 0, 1, 1, 0, 1, 1, 1, 0, 0}, 1, clusters);
  CHECK(*clustered_se(questions) == near(0.14696938456699069));
  CHECK(*generalise_se(questions) == near(0.16970562748477142));
  CHECK(*generalise_se(pass_1({1, 0, 1, 1, 0, 1, 1, 1, 0, 0}, 1)) == near(0.1632993161855452));
}

TEST_CASE("one cluster says nothing about others: undefined, not zero") {
  CHECK_FALSE(generalise_se(pass_1({1, 0, 1}, 1, {"a", "a", "a"})).has_value());
  CHECK_FALSE(generalise_interval(pass_1({1, 0, 1}, 1, {"a", "a", "a"})).has_value());
  CHECK_FALSE(generalise_interval(pass_1({1}, 4)).has_value());
  CHECK_FALSE(rerun_interval({}).has_value());
}

TEST_CASE("rerun with one sample per question is Wilson on all samples and says that it is conservative") {
  const auto rerun = rerun_interval(pass_1(std::vector<int>{1, 1, 1, 0, 0, 1, 1, 1, 1, 1}, 1));
  check(rerun, wilson_interval(8, 10)->lo, wilson_interval(8, 10)->hi);
  CHECK(rerun->method.find("conservative") != std::string::npos);
}

TEST_CASE("rerun without variance within questions is Wilson on all samples") {
  const auto rerun = rerun_interval(pass_1({4, 4, 0, 4}, 4));
  check(rerun, wilson_interval(12, 16)->lo, wilson_interval(12, 16)->hi);
  CHECK(rerun->method.find("conservative") != std::string::npos);
}

TEST_CASE("at scores of 0 and 1 the intervals are one-sided and wide, and generalise counts questions or clusters") {
  check(rerun_interval(pass_1({0, 0, 0}, 16)), 0, wilson_interval(0, 48)->hi);
  const double t2 = two_sided_t(0.95, 2);
  check(generalise_interval(pass_1({16, 16, 16}, 16)), wilson(1, 3, t2).lo, 1);
  check(generalise_interval(pass_1({0, 0, 0, 0}, 4, {"a", "b", "b", "c"})), 0, wilson(0, 3, t2).hi);
}

TEST_CASE("what rounding leaves of a variance or of a score of 1 is no evidence") {
  std::vector<Observation> questions(30, Observation{1, 2, 1e-32, ""});
  questions[3].value = 1 - 1e-15;
  check(rerun_interval(questions), wilson_interval(60, 60)->lo, 1);
  check(generalise_interval(questions), wilson(1, 30, two_sided_t(0.95, 29)).lo, 1);
  const std::vector<Observation> equal(30, Observation{0.1, 10, std::nullopt, ""}); // their sum is not 3
  CHECK(*generalise_se(equal) == 0);
}

TEST_CASE("the interval of a difference takes each bound from one bound of either run's") {
  const auto base = pass_1({8, 4, 12, 8, 8}, 16), cand = pass_1({6, 4, 12, 9, 2}, 16);
  const Interval difference = *rerun_difference_interval(base, cand), a = *rerun_interval(base), b = *rerun_interval(cand);
  CHECK(difference.lo == near(-7.0 / 80 - std::hypot(33.0 / 80 - b.lo, a.hi - 40.0 / 80)));
  CHECK(difference.hi == near(-7.0 / 80 + std::hypot(b.hi - 33.0 / 80, 40.0 / 80 - a.lo)));
  CHECK_FALSE(rerun_difference_interval(pass_1({16, 0}, 16), pass_1({16, 16}, 16)).has_value());
  CHECK_FALSE(rerun_difference_interval(pass_1({1, 0}, 1), pass_1({16, 8}, 16)).has_value());
}

TEST_CASE("one question short of samples does not hide the noise of the others") {
  auto questions = pass_1({8, 4, 12, 8, 8}, 16);
  const double before = *rerun_se(questions);
  questions[2] = {1, 1, std::nullopt, ""};
  const double after = *rerun_se(questions);
  CHECK(after > before);
  CHECK(after < 0.2);
}

TEST_CASE("Bayes@N has the golden values") {
  const Posterior posterior = *bayes_at_n(std::array{3, 4}, 5);
  CHECK(posterior.mean == near(0.642857142857, 1e-11));
  CHECK(posterior.deviation == near(0.11845088536983571));
  CHECK_FALSE(bayes_at_n(std::array{6}, 5).has_value());
}

TEST_CASE("nominal 95 % intervals cover 93 to 97 % where there is noise to see") {
  const Coverage hard = simulate({0.6, 0.5}, 30, 16, 2000, 1);
  MESSAGE("Beta(.6,.5) 30 x 16: rerun " << hard.rerun << ", generalise " << hard.generalise);
  CHECK(hard.rerun == doctest::Approx(0.95).epsilon(0.021));
  CHECK(hard.generalise == doctest::Approx(0.95).epsilon(0.021));
  const Coverage easy = simulate({2, 0.25}, 30, 16, 2000, 2);
  MESSAGE("Beta(2,.25) 30 x 16: rerun " << easy.rerun << ", generalise " << easy.generalise);
  CHECK((hard.generalise + easy.generalise) / 2 == doctest::Approx(0.95).epsilon(0.021));
  CHECK((hard.rerun + easy.rerun) / 2 == doctest::Approx(0.95).epsilon(0.021));
}

TEST_CASE("with one sample per question rerun covers at least 95 % and never has zero width") {
  const Coverage easy = simulate({2, 0.25}, 30, 1, 2000, 3);
  MESSAGE("Beta(2,.25) 30 x 1: rerun " << easy.rerun << ", generalise " << easy.generalise);
  CHECK(easy.rerun >= 0.95);
  CHECK(easy.generalise >= 0.93);
  CHECK(easy.narrowest > 0);
}

TEST_CASE("near scores of 0 the intervals cover at least 95 %") {
  const Coverage impossible = simulate({0.02, 4}, 30, 4, 2000, 4);
  MESSAGE("Beta(.02,4) 30 x 4: rerun " << impossible.rerun << ", generalise " << impossible.generalise);
  CHECK(impossible.rerun >= 0.95);
  CHECK(impossible.generalise >= 0.95);
  CHECK(impossible.narrowest > 0);
}

TEST_CASE("averaged over difficulties and designs nominal 95 % intervals cover 93 to 97 %") {
  double rerun = 0, generalise = 0;
  int n_designs = 0;
  for (const Difficulty difficulty : {Difficulty{0.6, 0.5}, Difficulty{2, 0.25}})
    for (const int n : {30, 100})
      for (const int samples : {4, 16}) {
        const Coverage coverage = simulate(difficulty, n, samples, 1000, static_cast<uint64_t>(n + samples));
        rerun += coverage.rerun, generalise += coverage.generalise, ++n_designs;
        CHECK(coverage.narrowest > 0);
      }
  rerun /= n_designs, generalise /= n_designs;
  MESSAGE("averaged over " << n_designs << " designs: rerun " << rerun << ", generalise " << generalise);
  CHECK(rerun == doctest::Approx(0.95).epsilon(0.021));
  CHECK(generalise == doctest::Approx(0.95).epsilon(0.021));
}

TEST_CASE("for rerun at one sample coverage is at least 95 % at every difficulty") {
  for (const Difficulty difficulty : {Difficulty{0.6, 0.5}, Difficulty{2, 0.25}, Difficulty{0.02, 4}, Difficulty{4, 0.02}})
    for (const int n : {10, 30}) {
      const Coverage once = simulate(difficulty, n, 1, 1000, 9);
      CHECK(once.rerun >= 0.95);
      CHECK(once.narrowest > 0);
    }
}

TEST_CASE("suites that score 0 or 1 cover at least 95 %, and never with zero width") {
  for (const Difficulty difficulty : {Difficulty{0.02, 4}, Difficulty{4, 0.02}, Difficulty{0.1, 2}, Difficulty{2, 0.1}})
    for (const int samples : {1, 4, 16}) {
      const Coverage extreme = simulate(difficulty, 10, samples, 1000, 10);
      REQUIRE(extreme.n_extreme > 50);
      CHECK(extreme.extreme_rerun >= 0.95 * extreme.n_extreme);
      CHECK(extreme.extreme_generalise >= 0.95 * extreme.n_extreme);
      CHECK(extreme.narrowest > 0);
    }
}
