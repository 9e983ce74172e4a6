// SPDX-License-Identifier: MIT
#pragma once

// Per-question estimators over the samples that arrived: exact expectations over all k-subsets of n samples, never
// over the first k. Pure functions, no I/O, no state. A value that cannot be computed (k > n, n = 0, counts that
// contradict each other) is nullopt, never 0 and never NaN.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace proctor {

// The probability that at least one of k samples drawn without replacement is correct, 1 - C(n-c,k)/C(n,k), in
// the product form of Chen et al. 2021, "Evaluating Large Language Models Trained on Code", arXiv 2107.03374.
std::optional<double> pass_at_k(int n, int c, int k);

// The probability that all k samples drawn without replacement are correct, C(c,k)/C(n,k): pass^k of Yao et al.
// 2024, "tau-bench", arXiv 2406.12045.
std::optional<double> pass_hat_k(int n, int c, int k);

// The answers of one question that are the same answer.
struct VoteClass {
  int n = 0; // samples that gave it
  bool correct = false;
  uint64_t answer = 0; // hash of the answer, 0: not known; estimators do not look at it
};

// The probability that the plurality answer of k samples drawn without replacement is correct; a tie among T
// classes scores (correct ones among them) / T. `silent` samples fill places among the k but do not vote; k
// samples without any vote are wrong. Majority voting is Wang et al. 2022, "Self-Consistency", arXiv 2203.11171;
// the expectation over all subsets with split ties is what averaging many votes (DeepSeek-R1's cons@64, arXiv
// 2501.12948) estimates. The essay is in estimators.cpp.
std::optional<double> maj_at_k(std::span<const VoteClass> classes, int silent, int k);

// G-Pass@k_tau: the probability that at least ceil(tau k) of k samples drawn without replacement are correct (Liu et
// al. 2024, "Are Your LLMs Capable of Stable Reasoning?", arXiv 2412.13147). tau = 0 is pass@k, tau = 1 is pass^k.
std::optional<double> g_pass_at_k(int n, int c, int k, double tau);

// mG-Pass@k of the same paper, (2/k) sum over i = ceil(k/2)+1..k of G-Pass@k_{i/k}: the area above tau = 1/2.
std::optional<double> mg_pass_at_k(int n, int c, int k);

// A sample with the score that a selector would rank it by.
struct ScoredSample {
  double score = 0;
  double correct = 0; // 0 or 1
};

// The probability that the best-scored of k samples drawn without replacement is correct; within equal scores every
// sample is as likely as the others to be taken.
std::optional<double> best_of_k(std::span<const ScoredSample> samples, int k);

// One point of a curve over k.
struct CurvePoint {
  int k = 0;
  double value = 0;
};

// The mean height of a curve over log2 k, by trapezoids from the smallest k to the largest: one number per curve.
// Points ascend in k; at least two.
std::optional<double> curve_area(std::span<const CurvePoint> curve);

// The advantages of the samples of one question over each other, (r - mean) / std, as group relative policy optimisation
// trains with (Shao et al. 2024, "DeepSeekMath", arXiv 2402.03300). The paper does not say which standard deviation;
// sample: that of n - 1. All 0 where all rewards are equal: such a question teaches nothing.
std::vector<double> group_advantages(std::span<const double> rewards, bool sample = false);

// The variance of a per-question estimate over new samples of the same question, by the jackknife (Efron and Stein
// 1981, Annals of Statistics 9:586), which for k = 1 is c/n (1 - c/n) / (n - 1) exactly and errs upwards else. Absent
// where n < 2k: the subsets overlap too much to say.
std::optional<double> pass_at_k_variance(int n, int c, int k);
std::optional<double> pass_hat_k_variance(int n, int c, int k);
std::optional<double> maj_at_k_variance(std::span<const VoteClass> classes, int silent, int k);

} // namespace proctor
