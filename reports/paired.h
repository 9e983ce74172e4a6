// SPDX-License-Identifier: MIT
#pragma once

// Did a score change? Tests and intervals for two runs over the same questions, paired by question.
//
//   fixed        these questions again: only the noise of sampling answers. Cochran-Mantel-Haenszel stratified by
//                question, which at one sample per arm is McNemar.
//   generalise   questions like these: the noise of drawing questions too. Sign-flip permutation, t (and the bootstrap of resample.h).
//
// Differences are candidate minus baseline. Pure; what cannot be computed is nullopt. docs/statistics.md is normative.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "reports/intervals.h"

namespace proctor {

// One question in both runs. n_base, n_cand > 0.
struct Pair {
  int n_base = 0, base = 0; // samples and correct ones of the baseline
  int n_cand = 0, cand = 0;
  std::string_view cluster; // empty: a cluster of its own

  double difference() const { return double(cand) / n_cand - double(base) / n_base; }
};

// Cochran 1954, Biometrics 10:417; Mantel and Haenszel 1959, J. Natl. Cancer Inst. 22:719. Exact: the distribution of
// the candidate's correct answers given each question's total, a convolution of hypergeometric distributions.
struct Cmh {
  double sum = 0, expected = 0, variance = 0; // of the candidate's correct answers
  std::optional<double> z;                    // without continuity correction; absent when nothing varies
  double p_normal = 1;                        // two-sided
  double p_greater = 1, p_less = 1;           // exact, one-sided
  double mid_greater = 0.5, mid_less = 0.5;   // less half the point mass (Lancaster 1961, JASA 56:223)
  double p_exact = 1;                         // two-sided, by likelihood
  double p_mid = 1;                           // two-sided, twice the smaller mid-p
  std::optional<double> odds_ratio;           // Mantel-Haenszel; absent when its denominator is 0
};
std::optional<Cmh> cmh(std::span<const Pair> pairs);

// McNemar 1947, Psychometrika 12:153, on b and c discordant pairs: exact two-sided and its mid-p, both at most 1.
struct McNemar {
  double p_exact = 1, p_mid = 1;
};
McNemar mcnemar(int b, int c);

// Fisher's exact test of one question, two-sided by likelihood.
double fisher_exact(const Pair& pair);

// --- the mean difference

double mean_difference(std::span<const Pair> pairs);

// Of the mean difference on these questions: sqrt(sum of both arms' variances) / n. A question with one sample in an
// arm takes the variance of both arms pooled. nullopt when nothing varies: a width of zero would be a lie.
std::optional<double> fixed_difference_se(std::span<const Pair> pairs);

// level: two-sided. With one sample per arm the score interval of Tango 1998, Statistics in Medicine 17:891, on the
// discordant pairs; else rerun_difference_interval. nullopt as the standard error is.
std::optional<Interval> fixed_difference_interval(std::span<const Pair> pairs, double level = kLevel);

// b: candidate alone right, c: baseline alone right, of n pairs.
Interval tango_interval(int b, int c, int n, double level = kLevel);

// A per-question difference of any metric.
struct Difference {
  double value = 0;
  std::string_view cluster;
};

// t with C - 1 degrees of freedom over clusters. nullopt with fewer than two clusters, or when all are equal.
std::optional<Interval> generalise_difference_interval(std::span<const Difference> differences,
                                                       double level = kLevel);

// A difference without a cluster is one of its own.
int64_t count_clusters(std::span<const Difference> differences);

// No difference has a smaller two-sided p of the sign flips: when every cluster moves the same way, only the signs as they are and all of
// them turned are as extreme.
double least_sign_flip_p(int64_t n_clusters);

// Two-sided p of the sign-flip permutation test on the cluster sums: all 2^C sign vectors for C <= 20, else 100,000
// drawn ones with p = (1 + hits) / (1 + draws) (Phipson and Smyth 2010). nullopt without differences.
struct SignFlip {
  double p = 1;        // |sum| as large or larger
  double p_less = 1;   // the sum as small or smaller
  bool exact = false;
};
std::optional<SignFlip> sign_flip(std::span<const Difference> differences, uint64_t seed);

// --- ratios

// exp of the mean of the questions' log ratios, of questions like these: t with C - 1 degrees of freedom over clusters.
// Without two clusters there is no interval; nullopt where there is no question, or a ratio is not above 0.
struct GeometricRatio {
  double ratio = 1;
  std::optional<Interval> interval;
};
std::optional<GeometricRatio> geometric_ratio(std::span<const Difference> logs, double level = kLevel);

// --- many tests at once; the results are in the order of the arguments

std::vector<double> holm(std::span<const double> p);               // Holm 1979: adjusted p-values
std::vector<double> benjamini_hochberg(std::span<const double> p); // 1995: adjusted p-values

// --- sequential

// Generalised sequential probability ratio test over paired differences, normal approximation with one pseudo
// observation of +1 and one of -1 in the variance (as Stockfish's fishtest does; statistics.md 2.7 says why).
struct Gsprt {
  double margin = 0.02;              // s0 = -margin, s1 = 0
  double alpha = 0.05, beta = 0.05;  // of passing a drop of the margin; of failing an unchanged model
  int least = 20;                    // pairs before any decision

  enum class State { running, unchanged, dropped };
  struct Sums {
    int n = 0;
    double sum = 0, squares = 0;
    void add(double difference) { ++n, sum += difference, squares += difference * difference; }
  };
  double lower() const, upper() const; // bounds of the log-likelihood ratio
  double llr(const Sums& sums) const;
  State state(const Sums& sums) const;
};
// The ratio with a given variance; what llr() computes after regularising it.
double gsprt_llr(int n, double mean, double variance, double s0, double s1);

// Anytime-valid evidence that of n discordant pairs more than half are worse, k being: the uniform mixture over
// (1/2, 1) of likelihood ratios. An alarm at E >= 1/alpha is wrong at most alpha of the time, whenever one looks, and
// E of independent runs multiply (Ville 1939; Ramdas et al. 2023, Statistical Science 38:576).
double e_process(int n, int k);

} // namespace proctor
