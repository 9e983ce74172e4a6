// SPDX-License-Identifier: MIT
#include "reports/estimators.h"

#include <bit>
#include <chrono>
#include <cmath>
#include <doctest/doctest.h>
#include <random>
#include <vector>

#include "tests/reports/numbers.h"

using namespace proctor;

namespace {

using Votes = std::vector<VoteClass>;

doctest::Approx exactly(double value) { return near(value, 1e-12); }

// The same by definition: every k-subset of the samples, one by one.
struct BruteForce {
  std::vector<int> labels; // class of each sample, -1: silent
  Votes classes;

  BruteForce(const Votes& of, int silent) : labels(static_cast<size_t>(silent), -1), classes(of) {
    for (size_t a = 0; a < of.size(); ++a)
      labels.insert(labels.end(), static_cast<size_t>(of[a].n), static_cast<int>(a));
  }

  double score(unsigned subset) const {
    std::vector<int> votes(classes.size(), 0);
    for (size_t i = 0; i < labels.size(); ++i)
      if ((subset >> i & 1U) != 0 && labels[i] >= 0) ++votes[static_cast<size_t>(labels[i])];
    int top = 0, tied = 0, right = 0;
    for (int v : votes) top = std::max(top, v);
    if (top == 0) return 0;
    for (size_t a = 0; a < votes.size(); ++a)
      if (votes[a] == top) ++tied, right += classes[a].correct ? 1 : 0;
    return static_cast<double>(right) / tied;
  }

  double mean(int k) const {
    double sum = 0;
    int n_subsets = 0;
    for (unsigned subset = 0; subset < 1U << labels.size(); ++subset)
      if (std::popcount(subset) == k) sum += score(subset), ++n_subsets;
    return sum / n_subsets;
  }
};

Votes random_classes(std::mt19937& random, int n, int& silent) {
  Votes classes;
  silent = static_cast<int>(random() % 3);
  for (int left = n - silent; left > 0;) {
    int size = 1 + static_cast<int>(random() % static_cast<unsigned>(left));
    classes.push_back({size, random() % 3 == 0});
    left -= size;
  }
  return classes;
}

double milliseconds(const Votes& classes, int silent, int k) {
  auto begin = std::chrono::steady_clock::now();
  CHECK(maj_at_k(classes, silent, k).has_value());
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

TEST_CASE("pass@k has the values of Chen's estimator") {
  CHECK(*pass_at_k(64, 5, 8) == exactly(0.49900846113167635));
  CHECK(*pass_at_k(64, 0, 8) == 0);
  CHECK(*pass_at_k(64, 64, 64) == 1);
  CHECK(*pass_at_k(10, 3, 1) == exactly(0.3));
  CHECK(*pass_at_k(200, 17, 100) == exactly(0.99999636769084));
  CHECK(*pass_at_k(1000, 1, 500) == exactly(0.5));
  CHECK(*pass_at_k(5, 5, 3) == 1);
  CHECK(*pass_at_k(16, 1, 16) == 1);
}

TEST_CASE("pass^k is the share of subsets that are right throughout") {
  CHECK(*pass_hat_k(64, 60, 8) == exactly(0.5780671602326811));
  CHECK(*pass_hat_k(8, 8, 8) == 1);
  CHECK(*pass_hat_k(8, 7, 8) == 0);
  CHECK(*pass_hat_k(10, 3, 1) == exactly(0.3));
}

TEST_CASE("maj@k has the golden values") {
  CHECK(*maj_at_k(Votes{{5, true}, {4}, {3}}, 4, 8) == exactly(0.5382672882672882));
  const Votes wide{{20, true}, {22}, {6}, {4}, {2}};
  CHECK(*maj_at_k(wide, 10, 16) == exactly(0.4281386648740137));
  CHECK(*maj_at_k(wide, 10, 64) == 0);
  CHECK(*maj_at_k(wide, 10, 1) == exactly(0.3125));
  CHECK(*maj_at_k(Votes{{3, true}, {3}, {3}}, 1, 5) == exactly(1.0 / 3));
  CHECK(*maj_at_k(Votes{{2, true}, {2}}, 0, 4) == exactly(0.5));
  CHECK(*maj_at_k(Votes{{4}}, 0, 2) == 0);
  CHECK(*maj_at_k(Votes{{1, true}}, 7, 4) == exactly(0.5));
}

TEST_CASE("G-Pass@k has the golden values, and its ends are pass@k and pass^k") {
  CHECK(*g_pass_at_k(48, 30, 16, 0) == exactly(0.9999999999321463));
  CHECK(*g_pass_at_k(48, 30, 16, 0.5) == exactly(0.9423273990377173));
  CHECK(*g_pass_at_k(48, 30, 16, 0.75) == exactly(0.17188757573256916));
  CHECK(*g_pass_at_k(48, 30, 16, 1) == exactly(6.449331222143522e-05));
  CHECK(*mg_pass_at_k(48, 30, 16) == exactly(0.25924495517120194));
  CHECK(*g_pass_at_k(5, 3, 5, 0.6) == 1); // 0.6 * 5 in doubles is above 3
  CHECK(*g_pass_at_k(20, 7, 6, 0) == exactly(*pass_at_k(20, 7, 6)));
  CHECK(*g_pass_at_k(20, 7, 6, 1) == exactly(*pass_hat_k(20, 7, 6)));
  CHECK_FALSE(g_pass_at_k(4, 2, 5, 0.5).has_value());
  CHECK_FALSE(g_pass_at_k(4, 2, 2, 1.5).has_value());
}

TEST_CASE("best-of-k equals the mean over all subsets, ties shared") {
  const std::vector<ScoredSample> samples = {{3, 0}, {2, 1}, {2, 0}, {2, 1}, {1, 0}, {1, 1}, {0, 1}};
  for (int k = 1; k <= 7; ++k) {
    double sum = 0;
    int n_subsets = 0;
    for (unsigned subset = 0; subset < 1U << samples.size(); ++subset) {
      if (std::popcount(subset) != k) continue;
      double best = -1, correct = 0, n_best = 0;
      for (size_t i = 0; i < samples.size(); ++i) {
        if ((subset >> i & 1U) == 0 || samples[i].score < best) continue;
        if (samples[i].score > best) best = samples[i].score, correct = n_best = 0;
        correct += samples[i].correct;
        ++n_best;
      }
      sum += correct / n_best;
      ++n_subsets;
    }
    CHECK(*best_of_k(samples, k) == exactly(sum / n_subsets));
  }
  CHECK_FALSE(best_of_k(samples, 8).has_value());
  CHECK_FALSE(best_of_k({}, 1).has_value());
}

TEST_CASE("the area under a curve over log2 k is its mean height") {
  CHECK(*curve_area(std::vector<CurvePoint>{{1, 0.5}, {2, 0.5}, {64, 0.5}}) == exactly(0.5));
  CHECK(*curve_area(std::vector<CurvePoint>{{1, 0.0}, {4, 1.0}}) == exactly(0.5));
  CHECK(*curve_area(std::vector<CurvePoint>{{1, 0.2}, {2, 0.4}, {8, 0.6}}) == exactly((0.3 + 2 * 0.5) / 3));
  CHECK_FALSE(curve_area(std::vector<CurvePoint>{{1, 0.2}}).has_value());
}

TEST_CASE("the variance of pass@1 is that of a mean, and of k-subsets it is absent where n < 2k") {
  CHECK(*pass_at_k_variance(16, 4, 1) == exactly(0.25 * 0.75 / 15));
  CHECK(*pass_hat_k_variance(16, 4, 1) == exactly(0.25 * 0.75 / 15));
  CHECK(*maj_at_k_variance(Votes{{4, true}, {9}}, 3, 1) == exactly(0.25 * 0.75 / 15));
  CHECK_FALSE(pass_at_k_variance(1, 1, 1).has_value());
  CHECK_FALSE(pass_at_k_variance(16, 4, 9).has_value());
  CHECK_FALSE(maj_at_k_variance(Votes{{8, true}}, 0, 5).has_value());
}

namespace {

// The jackknife by its definition: the vote without one sample of each class.
double jackknife_of_vote(Votes classes, int silent, int k) {
  std::vector<std::pair<int, double>> parts; // how many are alike, and the vote without one of them
  int n = silent;
  if (silent > 0) parts.emplace_back(silent, *maj_at_k(classes, silent - 1, k));
  for (VoteClass& one : classes) {
    if (one.n == 0) continue;
    n += one.n;
    --one.n;
    parts.emplace_back(one.n + 1, *maj_at_k(classes, silent, k));
    ++one.n;
  }
  double mean = 0, squares = 0;
  for (const auto& [count, value] : parts) mean += count * value / n;
  for (const auto& [count, value] : parts) squares += count * (value - mean) * (value - mean);
  return squares * (n - 1) / n;
}

} // namespace

TEST_CASE("the variance of a vote is the jackknife's") {
  std::mt19937 random(11);
  auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 600; ++round) {
    Votes classes;
    int n = 0;
    const int most = round % 10 == 0 ? 150 : 12;
    for (int a = 1 + below(7); a > 0; --a) classes.push_back({below(most), below(3) == 0, 0});
    const int silent = below(2) * below(most);
    for (const VoteClass& one : classes) n += one.n;
    if (n + silent < 4) continue;
    const int k = 1 + below((n + silent) / 2);
    CAPTURE(round);
    CHECK(std::abs(*maj_at_k_variance(classes, silent, k) - jackknife_of_vote(classes, silent, k)) < 1e-13);
  }
}

TEST_CASE("fewer samples than k have no value, and no samples have none") {
  CHECK_FALSE(pass_at_k(4, 2, 5).has_value());
  CHECK_FALSE(pass_hat_k(4, 2, 5).has_value());
  CHECK_FALSE(maj_at_k(Votes{{4, true}}, 0, 5).has_value());
  CHECK_FALSE(pass_at_k(0, 0, 1).has_value());
  CHECK_FALSE(maj_at_k(Votes{}, 0, 1).has_value());
}

TEST_CASE("impossible counts have no value") {
  CHECK_FALSE(pass_at_k(4, 5, 1).has_value());
  CHECK_FALSE(pass_at_k(4, -1, 1).has_value());
  CHECK_FALSE(pass_hat_k(4, 1, 0).has_value());
  CHECK_FALSE(maj_at_k(Votes{{-1}}, 4, 1).has_value());
  CHECK_FALSE(maj_at_k(Votes{{1}}, -1, 1).has_value());
}

TEST_CASE("maj@k equals the mean over all subsets, also with ties and several correct classes") {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    const int n = 3 + round % 8;
    int silent = 0;
    const Votes classes = random_classes(random, n, silent);
    const BruteForce brute(classes, silent);
    for (int k = 1; k <= n; ++k) CHECK(*maj_at_k(classes, silent, k) == exactly(brute.mean(k)).epsilon(1e-11));
  }
  const Votes twelve{{3, true}, {3}, {2}, {2, true}};
  for (int k = 1; k <= 12; ++k) CHECK(*maj_at_k(twelve, 2, k) == exactly(BruteForce(twelve, 2).mean(k)));
}

TEST_CASE("one vote is one answer: maj@1 is pass@1") {
  for (int c = 1; c < 20; ++c)
    CHECK(*maj_at_k(Votes{{c, true}, {20 - c}, {5}}, 3, 1) == exactly(*pass_at_k(28, c, 1)));
}

TEST_CASE("pass^k <= pass@1 <= pass@k, and pass@k grows with k") {
  for (int c = 0; c <= 24; c += 3) {
    const double once = *pass_at_k(24, c, 1);
    for (int k = 1; k < 24; ++k) {
      CHECK(*pass_at_k(24, c, k) >= once - 1e-12);
      CHECK(*pass_hat_k(24, c, k) <= once + 1e-12);
      CHECK(*pass_at_k(24, c, k + 1) >= *pass_at_k(24, c, k) - 1e-12);
    }
  }
}

TEST_CASE("the order and names of wrong classes do not matter") {
  const double one = *maj_at_k(Votes{{7, true}, {9}, {2}, {4}}, 2, 6);
  CHECK(*maj_at_k(Votes{{2}, {4}, {7, true}, {9}}, 2, 6) == exactly(one));
  CHECK(*maj_at_k(Votes{{9}, {0}, {7, true}, {4}, {2}}, 2, 6) == exactly(one));
}

TEST_CASE("a vote among all samples gives its winner the point and splits a tie") {
  CHECK(*maj_at_k(Votes{{500, true}, {499}}, 25, 1024) == exactly(1));
  CHECK(*maj_at_k(Votes{{256, true}, {256}, {256, true}, {256}}, 0, 1024) == exactly(0.5));
  CHECK(*maj_at_k(Votes{{255, true}, {256}}, 513, 1024) == 0);
}

TEST_CASE("a vote that no draw can lose is exactly 1, for any k") {
  for (int wrong = 1; wrong <= 6; ++wrong)
    for (int k = 2 * wrong + 1; k <= 64; ++k) CHECK(*maj_at_k(Votes{{64 - wrong, true}, {wrong, false}}, 0, k) == 1.0);
  CHECK(*maj_at_k(Votes{{62, true}, {2, false}}, 0, 4) < 1.0); // both wrong ones and two right ones
}

TEST_CASE("a thousand samples neither overflow nor take long") {
  const Votes even{{512, true}, {512}};
  CHECK(*maj_at_k(even, 0, 64) == exactly(0.5).epsilon(1e-10));
  CHECK(*maj_at_k(even, 0, 512) == exactly(0.5).epsilon(1e-10));
  Votes many;
  for (int a = 0; a < 32; ++a) many.push_back({32, a == 0});
  CHECK(*maj_at_k(many, 0, 64) == exactly(1.0 / 32).epsilon(1e-10));
  Votes singles(1024, VoteClass{1, false});
  singles[0].correct = true;
  CHECK(*maj_at_k(singles, 0, 64) == exactly(1.0 / 1024).epsilon(1e-10));
  for (int k : {64, 512, 1024})
    MESSAGE("n = 1024, k = " << k << ": two classes " << milliseconds(even, 0, k) << " ms, 32 classes "
                             << milliseconds(many, 0, k) << " ms, 1024 classes " << milliseconds(singles, 0, k)
                             << " ms");
}
