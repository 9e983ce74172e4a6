// SPDX-License-Identifier: MIT
#pragma once

// Several runs -> one page: who is worth the money, the frontier of every task, the runs side by side, and the
// questions on which they differ.

#include <span>
#include <string>

#include "reports/frontier.h"
#include "reports/summary.h"

namespace proctor {

std::string write_runs_html(std::span<const Summary> summaries, std::span<const Frontier> frontiers);

} // namespace proctor
