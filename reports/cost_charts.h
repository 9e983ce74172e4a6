// SPDX-License-Identifier: MIT
#pragma once

// The charts of cost and length as inline SVG: colours are classes of html_style.h, every chart says in words what it
// shows. Empty where there is nothing to draw.

#include <string>

#include "reports/frontier.h"
#include "reports/summary.h"

namespace proctor {

std::string svg_token_limits(const LimitCurve& curve);                       // accuracy against a limit of length
std::string svg_lengths(const LengthSplit& split);                           // histogram by verdict
std::string svg_vote_cost(const SlotSummary& slot, const CostSummary& cost); // maj@k and pass@k against money or tokens
std::string svg_frontier(const Frontier& frontier);                          // accuracy against cost, with error crosses
std::string svg_usage(const TokenSums& tokens);                              // prompt, cached, reasoning, answer

} // namespace proctor
