// SPDX-License-Identifier: MIT
#pragma once

// Per-question estimators over the samples that arrived: exact expectations over all k-subsets of n samples, never
// over the first k. Pure functions, no I/O, no state. A value that cannot be computed (k > n, n = 0, counts that
// contradict each other) is nullopt, never 0 and never NaN.

#include <optional>
#include <span>

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
};

// The probability that the plurality answer of k samples drawn without replacement is correct; a tie among T
// classes scores (correct ones among them) / T. `silent` samples fill places among the k but do not vote; k
// samples without any vote are wrong. Majority voting is Wang et al. 2022, "Self-Consistency", arXiv 2203.11171;
// the expectation over all subsets with split ties is what averaging many votes (DeepSeek-R1's cons@64, arXiv
// 2501.12948) estimates. The essay is in estimators.cpp.
std::optional<double> maj_at_k(std::span<const VoteClass> classes, int silent, int k);

} // namespace proctor
