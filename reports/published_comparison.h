// SPDX-License-Identifier: MIT
#pragma once

// A run beside the published numbers of its model: what was published, what this run has, and whether the difference
// is within what so many questions and samples allow. Nothing is concluded where the run was not made by the protocol
// of the published number; then the differences are told.

#include <optional>
#include <string>
#include <vector>

#include "harness/json.h"
#include "reports/intervals.h"

namespace proctor {

struct Summary;

enum class Standing { within, above, below, not_comparable };
std::string_view to_string(Standing standing);

struct PublishedComparison {
  std::string task, slot, metric;
  std::string model, benchmark, source;
  double published = 0;       // a share
  std::optional<int> samples; // per question, of the published number
  double value = 0;           // of the run, a share
  Interval interval;          // of the run if the same questions were asked again
  int64_t n_questions = 0;
  double n_samples = 0;             // of the run, per question
  std::optional<double> allowance;  // differences up to this are chance, at the interval's level; absent: nothing is concluded
  std::vector<std::string> differs; // what was done in another way than by the published number's protocol
  Standing standing = Standing::not_comparable;
};

// How far apart two means over the same questions may come to lie by chance, at the interval's level: Newcombe's
// hybrid of Wilson's intervals (1998, Statist. Med. 17:873, method 10). value and interval: of the one; other: of the
// other mean, whose questions answer as variably and were asked `ratio` times as often; 0: taken as exact.
double chance_difference(double value, const Interval& interval, double other, double ratio);

// reference: a published model's name; empty: what the run's model name means, if that is beyond doubt. In the order
// of the run's tasks; empty where nothing is published.
std::vector<PublishedComparison> compare_with_published(const Summary& summary, std::string_view reference);

// "published 55.5% (DeepSeek-R1-Distill-Qwen-7B, pass@1 of 64 samples), this run 53.1% [50.9, 55.3]: within what 30
// questions and 64 samples allow (3.1 points)"
std::string comparison_text(const PublishedComparison& comparison);

// "proctor.published" of results.json: by task a list.
Json to_json(const std::vector<PublishedComparison>& comparisons);

} // namespace proctor
