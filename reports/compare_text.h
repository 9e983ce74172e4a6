// SPDX-License-Identifier: MIT
#pragma once

// A Comparison as text, Markdown and JSON. No arithmetic but the planning sentence.

#include <string>

#include "harness/json.h"
#include "reports/compare.h"

namespace proctor {

std::string compare_table(const Comparison& comparison, const CompareOptions& options);
std::string compare_markdown(const Comparison& comparison, const CompareOptions& options);
Json compare_json(const Comparison& comparison);

// "+2.5" of 0.025, points of percent with their sign.
std::string points(double difference);
std::string points_interval(const Interval& interval);
std::string ratio_text(const GeometricRatio& tokens); // "1.034 [0.921, 1.160]"
std::string p_text(double p); // "0.031", "< 1e-6"
std::string p_is(double p);   // "p = 0.031", "p < 1e-6"

} // namespace proctor
