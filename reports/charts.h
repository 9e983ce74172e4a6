// SPDX-License-Identifier: MIT
#pragma once

// The pictures of report.html as inline SVG, coloured by the classes of html_style.h. Each carries its own text
// alternative. Only coordinates are computed here; every number shown comes from the Summary. Empty where there is
// nothing to draw.

#include <span>
#include <string>
#include <string_view>

#include "reports/summary.h"

namespace proctor {

std::string svg_verdict_bar(const SlotSummary& slot);

// "pass@8 71.0%", at the end of its curve.
std::string end_label(const Metric& last);

// Where a plot in a picture 440 wide ends when these labels are to stand beside it, also as large as a phone shows them.
double plot_right(std::span<const std::string> labels);

// The score as a tick behind its two intervals, on a line from 0 to 100 %. nullptr: nothing.
std::string svg_intervals(const Metric* metric);

// pass@k, maj@k and pass^k over log k.
std::string svg_k_curves(const SlotSummary& slot);

// One row per question and one cell per sample where both fit, else one cell per question.
std::string svg_questions(const SlotSummary& slot);
bool draws_every_sample(const SlotSummary& slot);

// "no answer" for no_answer.
std::string verdict_words(Verdict verdict);

} // namespace proctor
