// SPDX-License-Identifier: MIT
#include <cmath>
#include <doctest/doctest.h>
#include <limits>

#include "harness/random.h"
#include "reports/resample.h"

using namespace proctor;

namespace {

double mean_ratio(const SumRow& sums) { return sums[1] > 0 ? sums[0] / sums[1] : std::numeric_limits<double>::infinity(); }

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
  auto saving = [](const SumRow& s) { return 1 - (s[0] / s[1]) / (s[2] / s[3]); };
  const auto sure = resampled_interval(paired, saving);
  const std::vector<std::vector<SumRow>> apart = {first, second};
  const auto unsure = resampled_interval(apart, saving);
  REQUIRE(sure.has_value());
  REQUIRE(unsure.has_value());
  CHECK(sure->lo == doctest::Approx(0.95));
  CHECK(sure->hi == doctest::Approx(0.95));
  CHECK(unsure->hi - unsure->lo > 0.01);
}
