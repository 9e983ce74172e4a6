// SPDX-License-Identifier: MIT
#pragma once

// How many questions and samples a wanted precision or power needs (Miller 2024, arXiv 2411.00640, section 5), and
// what a given design can see. Pure arithmetic on variances; nullopt where no number of questions is enough.

#include <cstdint>
#include <optional>

#include "reports/intervals.h"

namespace proctor {

// What varies. `fixed` designs ask about these very questions and take between = 0.
struct Design {
  double within = 0.1;  // mean p(1-p) of one sample
  double between = 0;   // variance over questions: of the rate (precision) or of the true difference (comparison)
  int samples = 1;      // per question, of the candidate
  int base_samples = 1; // of the baseline; used by comparisons
};

inline constexpr double kPower = 0.8;

// The standard deviation of one question's part.
double score_deviation(const Design& design);
double difference_deviation(const Design& design);

// The smallest true difference that a two-sided test at 1 - level sees with that power on n questions.
double detectable_difference(const Design& design, double n_questions, double level = kLevel, double power = kPower);

// Questions for that.
std::optional<int64_t> questions_to_detect(const Design& design, double difference, double level = kLevel,
                                           double power = kPower);

// Questions for a non-inferiority gate of that margin to pass an unchanged model with that power (one-sided alpha).
std::optional<int64_t> questions_for_margin(const Design& design, double margin, double alpha = 0.05,
                                            double power = 0.9);

// Questions for a two-sided interval of the score of at most +- half_width.
std::optional<int64_t> questions_for_precision(const Design& design, double half_width, double level = kLevel);

} // namespace proctor
