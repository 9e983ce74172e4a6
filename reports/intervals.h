// SPDX-License-Identifier: MIT
#pragma once

// How sure one score is, asked two ways.
//
//   rerun       the same questions again: only the noise of sampling answers
//   generalise  questions like these: the noise of drawing questions too, by cluster where questions share a template
//
// Pooling n questions x K samples as nK independent draws answers neither (coverage 99 % and 51 % instead of 95 % for
// 30 x 16). Both intervals here are Wilson's (1927, J. Am. Stat. Assoc. 22:209) with an effective number of draws,
// which stays inside [0, 1] and never has zero width. What cannot be computed is nullopt.

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace proctor {

inline constexpr double kLevel = 0.95;

// Shares, their differences and standard errors that are nearer to 0 (shares also: to 1) are taken for it: sums of
// equal doubles differ by rounding, which is no evidence.
inline constexpr double kNearZero = 1e-9;
inline double without_rounding(double x) { return std::abs(x) < kNearZero ? 0.0 : x; }

struct Interval {
  double lo = 0, hi = 0;
  double level = kLevel;
  std::string method; // "Wilson, n_eff = 29.0, t with 29 df"
  double n_eff = 0;   // draws, where it is Wilson's
};

// One question: the estimate of its score and what that rests on.
struct Observation {
  double value = 0; // in [0, 1]
  // Independent draws of which the value is at least as good a mean: the samples for pass@1, floor(n/k) for a metric
  // over k-subsets. An upper bound of the variance is then value (1 - value) / draws (Hoeffding 1963, section 5).
  double draws = 1;
  std::optional<double> variance; // of value, for the question kept fixed; absent: cannot be estimated
  std::string_view cluster;       // empty: a cluster of its own
};

// --- a share x of n independent draws

// Wilson's interval for the share p of n draws, n > 0 and not necessarily whole. critical: z or t.
Interval wilson(double p, double n, double critical, double level = kLevel);
std::optional<Interval> wilson_interval(double x, double n, double level = kLevel);
std::optional<Interval> clopper_pearson_interval(double x, double n,
                                                 double level = kLevel); // 1934, Biometrika 26:404
// The equal-tailed interval of Beta(x + prior, n - x + prior): prior 1 is uniform, 1/2 Jeffreys's.
std::optional<Interval> beta_interval(double x, double n, double prior, double level = kLevel);

// --- a score over questions

// One-way random effects of n questions with K_i samples each (Miller 2024, arXiv 2411.00640, section 3).
struct Spread {
  double mean = 0;
  double within = 0;         // W: mean variance of one sample, unbiased; 0 where no question has two samples
  double of_means = 0;       // S2: sample variance of the question means
  double between = 0;        // B = max(0, S2 - mean of W_i / K_i)
  std::optional<double> icc; // B / (B + W)
};
std::optional<Spread> decompose(std::span<const Observation> questions); // at least 2 questions

// Of the mean over these very questions. Questions without a variance of their own get the mean of the others;
// nullopt when fewer than half have one.
std::optional<double> rerun_se(std::span<const Observation> questions);

// Of the mean over questions drawn like these, clusters as a whole (Miller 2024, 2.2), with the factor C/(C-1).
// nullopt with fewer than two clusters, where nothing can be known.
std::optional<double> generalise_se(std::span<const Observation> questions);

// sqrt of the sum over clusters of squared sums of deviations, over n: Miller's appendix A, without C/(C-1).
std::optional<double> clustered_se(std::span<const Observation> questions);

std::optional<Interval> rerun_interval(std::span<const Observation> questions, double level = kLevel);
std::optional<Interval> generalise_interval(std::span<const Observation> questions, double level = kLevel);

// Of cand less base, both over these questions again: each bound from one bound of either rerun interval (Newcombe 1998,
// Statistics in Medicine 17:873, method 10; Zou and Donner 2008, 27:1693). Unlike +- z standard errors it keeps its
// error rate near 0 and 1. nullopt where the noise of either is unknown, or none of either is seen.
std::optional<Interval> rerun_difference_interval(std::span<const Observation> base, std::span<const Observation> cand, double level = kLevel);

// Bayes@N (scorio): posterior mean and deviation of the mean of n rates under uniform priors, for the fixed
// questions. A shrunken `rerun`, never a `generalise`.
struct Posterior {
  double mean = 0, deviation = 0;
};
// correct[i] of samples in question i.
std::optional<Posterior> bayes_at_n(std::span<const int> correct, int samples);

} // namespace proctor
