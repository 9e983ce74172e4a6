// SPDX-License-Identifier: MIT
#include "reports/paired.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <doctest/doctest.h>

#include "harness/random.h"
#include "reports/distributions.h"
#include "reports/planning.h"
#include "reports/resample.h"
#include "tests/reports/numbers.h"

using namespace proctor;

namespace {

std::vector<Pair> golden_pairs() {
  const int cand[] = {16, 12, 8, 3, 0, 15, 7, 16, 1, 10}, base[] = {16, 9, 5, 2, 0, 14, 8, 16, 0, 6};
  std::vector<Pair> pairs;
  for (size_t i = 0; i < 10; ++i) pairs.push_back({16, base[i], 16, cand[i], {}});
  return pairs;
}

// The distribution of the candidate's total given each question's total, by counting every assignment of labels.
std::vector<double> brute_force(std::span<const Pair> pairs) {
  std::vector<double> ways{1};
  for (const Pair& pair : pairs) {
    const int n = pair.n_base + pair.n_cand, m = pair.base + pair.cand;
    std::vector<double> one(static_cast<size_t>(pair.n_cand) + 1);
    double all = 0;
    for (unsigned mask = 0; mask < (1u << n); ++mask) // which samples are the correct ones
      if (std::popcount(mask) == m) ++one[static_cast<size_t>(std::popcount(mask & ((1u << pair.n_cand) - 1)))], ++all;
    std::vector<double> next(ways.size() + one.size() - 1);
    for (size_t i = 0; i < ways.size(); ++i)
      for (size_t j = 0; j < one.size(); ++j) next[i + j] += ways[i] * one[j] / all;
    ways = next;
  }
  return ways;
}

// A fixed suite: the rate of every question, spread over [least, 1].
std::vector<double> suite(int n, double least) {
  SplitMix64 random(29);
  std::vector<double> rates;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform();
    rates.push_back(least + (1 - least) * u * u * (3 - 2 * u)); // more mass near the ends than uniform
  }
  return rates;
}

// Both arms answer it; every rate of the candidate is lower by `drop`.
std::vector<Pair> simulated(SplitMix64& random, const std::vector<double>& rates, int samples, double drop) {
  std::vector<Pair> pairs;
  for (double p : rates)
    pairs.push_back({samples, draw_binomial(random, samples, p), samples, draw_binomial(random, samples, p - drop), {}});
  return pairs;
}

} // namespace

TEST_CASE("CMH has the golden values") {
  const Cmh test = *cmh(golden_pairs());
  CHECK(test.sum == 88);
  CHECK(test.expected == near(82));
  CHECK(test.variance == near(10.016129032258064, 1e-12));
  CHECK(*test.z == near(1.8958383102339516, 1e-12));
  CHECK(test.p_normal == near(0.05798142832131993));
  CHECK(test.p_greater == near(0.04047626565697254));
  CHECK(test.mid_greater == near(0.029981267957018897));
  CHECK(test.p_exact == near(0.08095253131394509));
  CHECK(*test.odds_ratio == near(1.8571428571428572, 1e-12));
  CHECK(mean_difference(golden_pairs()) == near(0.075));
  CHECK(*fixed_difference_se(golden_pairs()) == near(0.03959429672734867));
}

TEST_CASE("McNemar has the golden values") {
  const double golden[][4] = {{10, 3, 0.09228515625, 0.057373046875},
                              {5, 5, 1, 1},
                              {1, 0, 1, 0.5},
                              {0, 8, 0.0078125, 0.00390625},
                              {25, 12, 0.04703102743951604, 0.03355243967962451},
                              {0, 0, 1, 1}};
  for (const auto& row : golden) {
    const McNemar test = mcnemar(static_cast<int>(row[0]), static_cast<int>(row[1]));
    CHECK(test.p_exact == near(row[2]));
    CHECK(test.p_mid == near(row[3]));
  }
}

TEST_CASE("with one sample per arm CMH is McNemar's z, and its mid-p McNemar's") {
  std::vector<Pair> pairs(10, Pair{1, 0, 1, 1, {}});
  pairs.insert(pairs.end(), 3, Pair{1, 1, 1, 0, {}});
  pairs.insert(pairs.end(), 20, Pair{1, 1, 1, 1, {}}); // concordant pairs say nothing
  const Cmh test = *cmh(pairs);
  CHECK(*test.z == near(7 / std::sqrt(13.0)));
  CHECK(test.p_mid == near(mcnemar(10, 3).p_mid));
  CHECK(test.p_exact == near(mcnemar(10, 3).p_exact));
}

TEST_CASE("the exact tails are those of counting every assignment, also with unequal samples") {
  const std::vector<Pair> pairs = {{3, 1, 4, 4, {}}, {2, 0, 5, 3, {}}, {1, 1, 1, 0, {}}, {4, 4, 4, 4, {}}};
  const std::vector<double> pmf = brute_force(pairs);
  const Cmh test = *cmh(pairs);
  double greater = 0, less = 0, two_sided = 0;
  for (size_t x = 0; x < pmf.size(); ++x) {
    if (x >= 11) greater += pmf[x];
    if (x <= 11) less += pmf[x];
    if (pmf[x] <= pmf[11] * (1 + 1e-7)) two_sided += pmf[x];
  }
  CHECK(test.sum == 11);
  CHECK(test.p_greater == near(greater));
  CHECK(test.p_less == near(less));
  CHECK(test.p_exact == near(two_sided));
}

TEST_CASE("nothing that varies: no z, no width, no evidence") {
  const std::vector<Pair> pairs(5, Pair{4, 4, 4, 4, {}});
  const Cmh test = *cmh(pairs);
  CHECK_FALSE(test.z.has_value());
  CHECK(test.p_exact == 1);
  CHECK(test.p_mid == 1);
  CHECK_FALSE(test.odds_ratio.has_value());
  CHECK_FALSE(fixed_difference_interval(pairs).has_value());
  CHECK_FALSE(cmh({}).has_value());
}

TEST_CASE("Tango's interval has width without discordant pairs and mirrors when the arms are swapped") {
  const Interval none = tango_interval(0, 0, 30);
  CHECK(none.lo < 0);
  CHECK(none.hi > 0);
  CHECK(none.lo == near(-none.hi));
  const Interval one = tango_interval(9, 3, 40), other = tango_interval(3, 9, 40);
  CHECK(one.lo == near(-other.hi));
  CHECK(one.hi == near(-other.lo));
  CHECK(one.lo < 0.15);
  CHECK(one.hi > 0.15);
}

TEST_CASE("Tango's bounds solve the score equation") {
  // z at the bounds, computed by maximising the trinomial likelihood on a grid.
  const int b = 12, c = 4, n = 50;
  const Interval interval = tango_interval(b, c, n);
  for (const double delta : {interval.lo, interval.hi}) {
    double best = -1e300, rate = 0;
    for (int i = 1; i < 200000; ++i) {
      const double q = i / 200000.0 * 0.5, p = q + delta;
      if (p <= 0 || p + q >= 1) continue;
      const double likelihood = b * std::log(p) + c * std::log(q) + (n - b - c) * std::log(1 - p - q);
      if (likelihood > best) best = likelihood, rate = q;
    }
    const double z = (b - c - n * delta) / std::sqrt(n * (2 * rate + delta * (1 - delta)));
    CHECK(std::abs(z) == near(1.959964, 1e-4));
  }
}

TEST_CASE("the sign-flip test counts every sign vector of few questions") {
  const std::vector<Difference> differences = {{0.5, ""}, {0.25, ""}, {-0.125, ""}, {0, ""}};
  const SignFlip test = *sign_flip(differences, 1);
  CHECK(test.exact);
  CHECK(test.p == near(4.0 / 8)); // sums .625, .875, -.625, -.875 are as far out
  CHECK(test.p_less == near(7.0 / 8));
  CHECK(sign_flip(std::vector<Difference>{{0.0, ""}}, 1)->p == 1);
  CHECK_FALSE(sign_flip({}, 1).has_value());
}

TEST_CASE("differences that are rounding alone change no sign, and equal ones have no width") {
  std::vector<Difference> differences;
  for (int i = 0; i < 30; ++i) differences.push_back({i % 3 == 0 ? -1.1e-16 : 0.0, ""});
  CHECK(sign_flip(differences, 1)->p == 1);
  differences[0].value = 0.25;
  CHECK(sign_flip(differences, 1)->p == 1); // the only question that moved, under both signs
  CHECK_FALSE(generalise_difference_interval(std::vector<Difference>(30, {0.1, ""})).has_value());
}

TEST_CASE("questions of one cluster flip together") {
  const std::vector<Difference> differences = {{0.5, "a"}, {0.5, "a"}, {0.5, "a"}, {0.5, "b"}};
  CHECK(sign_flip(differences, 1)->p == near(0.5)); // two clusters, four sign vectors, two as far out
}

TEST_CASE("drawn sign flips agree with counted ones") {
  SplitMix64 random(3);
  std::vector<Difference> differences;
  for (int i = 0; i < 20; ++i) differences.push_back({random.uniform() - 0.4, ""});
  const double counted = sign_flip(differences, 1)->p;
  differences.push_back({1e-9, ""}); // one more than are counted out
  const SignFlip drawn = *sign_flip(differences, 1);
  CHECK_FALSE(drawn.exact);
  CHECK(std::abs(drawn.p - counted) < 0.01);
}

TEST_CASE("BCa of a symmetric mean is close to the t interval") {
  RatioOfSums mean(Scale::linear);
  std::vector<Difference> differences;
  SplitMix64 random(5);
  for (int i = 0; i < 200; ++i) {
    const double value = random.uniform() + random.uniform() - 1;
    mean.add("", value, 1);
    differences.push_back({value, ""});
  }
  const Interval bootstrap = *mean.interval({0.95, 7}), t = *generalise_difference_interval(differences);
  CHECK(std::abs(bootstrap.lo - t.lo) < 0.01);
  CHECK(std::abs(bootstrap.hi - t.hi) < 0.01);
}

TEST_CASE("token ratios: the geometric mean, with its interval") {
  auto logs = [](std::initializer_list<std::pair<double, const char*>> ratios) {
    std::vector<Difference> all;
    for (const auto& [ratio, cluster] : ratios) all.push_back({std::log(ratio), cluster});
    return all;
  };
  const GeometricRatio ratio = *geometric_ratio(logs({{2, ""}, {0.5, ""}, {1, ""}, {4, ""}}));
  CHECK(ratio.ratio == near(std::sqrt(2.0)));
  // t with 3 degrees of freedom of the logs 1, -1, 0, 2 to base 2
  CHECK(std::log2(ratio.interval->hi) == near(0.5 + 3.182446305284263 * std::sqrt(5.0 / 3 / 4)));
  // Two templates: the logs of each count as their sum.
  const GeometricRatio clustered = *geometric_ratio(logs({{2, "a"}, {0.5, "b"}, {4, "a"}, {1, "b"}}));
  CHECK(std::log2(clustered.interval->hi) == near(0.5 + 12.706204736174698 * std::sqrt(2.0 * (2 * 2 + 2 * 2)) / 4));
  CHECK_FALSE(geometric_ratio(logs({{2, "a"}, {0.5, "a"}}))->interval.has_value());
  CHECK_FALSE(geometric_ratio(logs({{1, ""}, {0, ""}})).has_value());
  CHECK_FALSE(geometric_ratio({}).has_value());
}

TEST_CASE("Holm and Benjamini-Hochberg adjust in the order of the arguments") {
  const std::vector<double> p = {0.04, 0.01, 0.03};
  CHECK(holm(p)[0] == near(0.06));
  CHECK(holm(p)[1] == near(0.03));
  CHECK(holm(p)[2] == near(0.06));
  CHECK(benjamini_hochberg(p)[0] == near(0.04));
  CHECK(benjamini_hochberg(p)[1] == near(0.03));
  CHECK(benjamini_hochberg(p)[2] == near(0.04));
}

TEST_CASE("GSPRT and the e-process have the golden values") {
  CHECK(gsprt_llr(100, -0.03, 0.15 - 0.0009, -0.05, 0) == near(-0.16767270288397038));
  Gsprt test;
  test.margin = 0.05;
  Gsprt::Sums sums;
  for (int i = 0; i < 100; ++i) sums.add(i < 6 ? 1 : i < 15 ? -1 : 0);
  CHECK(test.llr(sums) == near(-0.15081439774783834));
  CHECK(test.upper() == near(2.9444389791664403));
  CHECK(test.lower() == near(-2.9444389791664403));
  const double golden[][3] = {{10, 9, 18.509090909090904}, {20, 10, 0.270260183572877}, {30, 22, 11.772568080448329}, {1, 1, 1.5}, {0, 0, 1}};
  for (const auto& row : golden) CHECK(e_process(static_cast<int>(row[0]), static_cast<int>(row[1])) == near(row[2]));
}

TEST_CASE("the planning tables are the golden ones") {
  const int samples[] = {1, 4, 16, 64};
  const double mde[][5] = {{30, 22.9, 11.4, 5.7, 2.9}, {100, 12.5, 6.3, 3.1, 1.6}, {300, 7.2, 3.6, 1.8, 0.9}, {1000, 4, 2, 1, 0.5}};
  const double mde_between[][5] = {{30, 24, 13.5, 9.2, 7.8}, {1000, 4.2, 2.3, 1.6, 1.3}};
  for (int k = 0; k < 4; ++k) {
    for (const auto& row : mde)
      CHECK(std::abs(100 * detectable_difference({0.1, 0, samples[k], samples[k]}, row[0]) - row[k + 1]) <= 0.051);
    for (const auto& row : mde_between)
      CHECK(std::abs(100 * detectable_difference({0.1, 0.02, samples[k], samples[k]}, row[0]) - row[k + 1]) <= 0.051);
  }
  const int margins[][5] = {{10, 172, 43, 11, 3}, {5, 686, 172, 43, 11}, {3, 1904, 476, 119, 30}, {2, 4282, 1071, 268, 67}, {1, 17128, 4282, 1071, 268}};
  const int margins_between[][5] = {{10, 189, 60, 28, 20}, {5, 754, 240, 112, 80}, {1, 18841, 5995, 2784, 1981}};
  for (int k = 0; k < 4; ++k) {
    for (const auto& row : margins) CHECK(*questions_for_margin({0.1, 0, samples[k], samples[k]}, row[0] / 100.0) == row[k + 1]);
    for (const auto& row : margins_between)
      CHECK(*questions_for_margin({0.1, 0.02, samples[k], samples[k]}, row[0] / 100.0) == row[k + 1]);
  }
  CHECK_FALSE(questions_for_margin({0.1, 0, 1, 1}, 0).has_value());
}

TEST_CASE("under no change CMH's mid-p alarms in at most 5.5 % of suites, and sees a drop as often as planned") {
  SplitMix64 random(11);
  const double drop = 0.065;
  const std::vector<double> rates = suite(30, drop);
  double variance = 0; // of one sample, mean of both arms
  for (double p : rates) variance += (p * (1 - p) + (p - drop) * (1 - p + drop)) / 2 / 30;
  const Design design{variance, 0, 16, 16};
  const double planned = normal_cdf(drop * std::sqrt(30) / difference_deviation(design) - two_sided_z(0.95));
  int alarms = 0, seen = 0;
  const int rounds = 4000;
  for (int round = 0; round < rounds; ++round) {
    alarms += cmh(simulated(random, rates, 16, 0))->mid_less <= 0.05;
    seen += cmh(simulated(random, rates, 16, drop))->p_mid <= 0.05;
  }
  MESSAGE("false alarms " << double(alarms) / rounds << ", power at 6.5 pp " << double(seen) / rounds << ", planned " << planned);
  CHECK(double(alarms) / rounds <= 0.055);
  CHECK(std::abs(double(seen) / rounds - planned) < 0.03);
}

TEST_CASE("the e-process alarms in at most 5 % of null runs, looked at after every pair") {
  SplitMix64 random(13);
  int alarms = 0;
  for (int run = 0; run < 2000; ++run) {
    int k = 0;
    for (int n = 1; n <= 300; ++n) {
      k += random.uniform() < 0.5;
      if (e_process(n, k) >= 20) {
        ++alarms;
        break;
      }
    }
  }
  CHECK(alarms <= 100);
}

TEST_CASE("the sequential test keeps its error rates and needs about half of the fixed sample") {
  SplitMix64 random(17);
  auto simulate = [&](double drop, int& decided_as_expected, Gsprt::State wanted) {
    const Gsprt test{0.05, 0.05, 0.05, 20};
    double pairs = 0;
    for (int run = 0; run < 2000; ++run) {
      Gsprt::Sums sums;
      while (test.state(sums) == Gsprt::State::running) {
        const double u = random.uniform(); // 20 % discordant
        sums.add(u < 0.1 - drop / 2 ? 1 : u < 0.2 ? -1 : 0);
      }
      pairs += sums.n;
      decided_as_expected += test.state(sums) == wanted;
    }
    return pairs / 2000;
  };
  int passed = 0, dropped = 0;
  const double under_none = simulate(0, passed, Gsprt::State::unchanged);
  const double under_margin = simulate(0.05, dropped, Gsprt::State::dropped);
  MESSAGE("pairs under no change " << under_none << " (fixed: 866), pass " << passed / 2000.0 << "; at the margin "
                                   << under_margin << ", stopped as a drop " << dropped / 2000.0);
  CHECK(passed >= 0.94 * 2000);
  CHECK(dropped >= 0.94 * 2000);
  CHECK(under_none < 0.6 * 866);
}
