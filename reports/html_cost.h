// SPDX-License-Identifier: MIT
#pragma once

// The parts of the page that are about money, tokens and traces.

#include <string>

#include "reports/summary.h"

namespace proctor {

std::string cost_section(const TaskSummary& task);      // tiles and the parts of the bill; empty where nothing is known
std::string reasoning_section(const TaskSummary& task); // what the traces hold
std::string cost_figures(const TaskSummary& task);      // <figure>s

} // namespace proctor
