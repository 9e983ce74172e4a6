// SPDX-License-Identifier: MIT
#include <cmath>
#include <doctest/doctest.h>
#include <limits>

#include "harness/random.h"
#include "reports/resample.h"

using namespace proctor;

namespace {

const SumStatistic mean_ratio{[](const SumRow& sums) { return sums[1] > 0 ? sums[0] / sums[1] : std::numeric_limits<double>::infinity(); }, Scale::log};

// Approximately normal.
double noise(SplitMix64& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.uniform();
  return sum;
}

} // namespace

TEST_CASE("the interval of a ratio is where theory puts it") {
  SplitMix64 random(7);
  std::vector<SumRow> rows;
  for (int i = 0; i < 400; ++i) rows.push_back({5 + noise(random), 1});
  const auto interval = resampled_interval(rows, mean_ratio);
  REQUIRE(interval.has_value());
  const double mean = mean_ratio(sum_rows(std::span(&rows, 1)));
  CHECK(interval->hi - interval->lo == doctest::Approx(2 * 1.96 / 20).epsilon(0.12));
  CHECK(interval->lo < mean);
  CHECK(interval->hi > mean);
  CHECK(interval->method.find("BCa") == 0);
}

TEST_CASE("many questions give the same interval by the jackknife") {
  SplitMix64 random(7);
  std::vector<SumRow> rows;
  for (int i = 0; i < 2001; ++i) rows.push_back({3 + noise(random), 2 + noise(random) / 4});
  const auto jackknife = resampled_interval(rows, mean_ratio);
  rows.pop_back();
  const auto bootstrap = resampled_interval(rows, mean_ratio);
  REQUIRE(jackknife.has_value());
  REQUIRE(bootstrap.has_value());
  CHECK(jackknife->method.find("jackknife") == 0);
  CHECK(jackknife->lo == doctest::Approx(bootstrap->lo).epsilon(0.01));
  CHECK(jackknife->hi == doctest::Approx(bootstrap->hi).epsilon(0.01));
}

TEST_CASE("95 % intervals of a skewed ratio hold the truth about 95 times in 100") {
  SplitMix64 random(11);
  int hits = 0;
  constexpr int kTrials = 200;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<SumRow> rows;
    for (int i = 0; i < 60; ++i) {
      const double cost = std::exp(noise(random) * 0.8); // mean exp(0.32)
      rows.push_back({cost, random.uniform() < 0.6 ? 1.0 : 0.0});
    }
    const auto interval = resampled_interval(rows, mean_ratio);
    const double truth = std::exp(0.32) / 0.6;
    hits += interval && interval->lo <= truth && truth <= interval->hi;
  }
  CHECK(hits >= 0.88 * kTrials);
  CHECK(hits <= 0.99 * kTrials);
}

TEST_CASE("few clusters give wide intervals that hold what they say") {
  // Clusters of ten questions whose costs and rates differ: draws of three clusters would hold the truth in 69 of 100.
  SplitMix64 random(13);
  for (const int n_clusters : {2, 3, 5, 10, 30}) {
    int hits = 0;
    constexpr int kTrials = 400;
    for (int trial = 0; trial < kTrials; ++trial) {
      RatioOfSums ratio(Scale::log);
      for (int cluster = 0; cluster < n_clusters; ++cluster) {
        const double dear = std::exp(noise(random) * 0.5), rate = 0.4 + 0.4 * random.uniform();
        for (int i = 0; i < 10; ++i) ratio.add(std::to_string(cluster), dear * std::exp(noise(random) * 0.6), random.uniform() < rate ? 1 : 0);
      }
      const auto interval = ratio.interval();
      if (!interval) continue; // one of two clusters without a right answer
      CHECK(interval->lo > 0); // a cost is
      const double truth = std::exp(0.125 + 0.18) / 0.6;
      hits += interval->lo <= truth && truth <= interval->hi;
    }
    INFO(n_clusters);
    CHECK(hits >= 0.91 * kTrials);
  }
}

TEST_CASE("a ratio that is the same in every one of few clusters, such as a price of nothing, is known") {
  const auto free = resampled_interval(std::vector<SumRow>{{0, 1}, {0, 3}, {0, 2}}, mean_ratio);
  REQUIRE(free.has_value());
  CHECK(free->lo == 0);
  CHECK(free->hi == 0);
  CHECK_FALSE(resampled_interval(std::vector<SumRow>{{0, 1}, {0, 3}, {2, 2}}, mean_ratio).has_value()); // one cluster pays for all
}

TEST_CASE("of a difference few clusters may be on both sides of 0") {
  const SumStatistic difference{[](const SumRow& s) { return s[0] / s[1]; }};
  const auto interval = resampled_interval(std::vector<SumRow>{{1, 10}, {2, 10}, {3, 10}}, difference);
  REQUIRE(interval.has_value());
  const double half = 4.302653 * 0.1 / std::sqrt(3); // t with 2 degrees of freedom
  CHECK(interval->lo == doctest::Approx(0.2 - half).epsilon(1e-6));
  CHECK(interval->hi == doctest::Approx(0.2 + half).epsilon(1e-6));
  CHECK(interval->method == "jackknife over questions, t with 2 df");
}

TEST_CASE("what cannot be told has no interval") {
  CHECK_FALSE(resampled_interval(std::vector<SumRow>{{1, 1}}, mean_ratio).has_value());
  CHECK_FALSE(resampled_interval(std::vector<SumRow>{{1, 0}, {2, 0}}, mean_ratio).has_value());
  CHECK_FALSE(resampled_interval(std::vector<SumRow>{{1, 1}, {2, 0}}, mean_ratio).has_value()); // one question carries it all
  CHECK_FALSE(resampled_interval(std::vector<SumRow>{{1, 1}, {1e300, 1}, {2, 1}}, mean_ratio).has_value()); // its cube is too large
}

TEST_CASE("runs over the same questions are compared by question") {
  // The second run costs a twentieth of the first on every question, however much questions differ.
  SplitMix64 random(3);
  std::vector<SumRow> paired, first, second;
  for (int i = 0; i < 50; ++i) {
    const double cost = std::exp(2 * noise(random));
    paired.push_back({cost / 20, 1, cost, 1});
    first.push_back({0, 0, cost, 1});
    second.push_back({cost / 20, 1, 0, 0});
  }
  const SumStatistic saving{[](const SumRow& s) { return 1 - (s[0] / s[1]) / (s[2] / s[3]); }};
  const auto sure = resampled_interval(paired, saving);
  const std::vector<std::vector<SumRow>> apart = {first, second};
  const auto unsure = resampled_interval(apart, saving);
  REQUIRE(sure.has_value());
  REQUIRE(unsure.has_value());
  CHECK(sure->lo == doctest::Approx(0.95));
  CHECK(sure->hi == doctest::Approx(0.95));
  CHECK(unsure->hi - unsure->lo > 0.01);
}
