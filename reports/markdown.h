// SPDX-License-Identifier: MIT
#pragma once

// report.md: for a pull request or a wiki. The verdict counts, levels and details are folded away.

#include <string>

#include "reports/summary.h"

namespace proctor {

std::string write_markdown(const Summary& summary);

} // namespace proctor
