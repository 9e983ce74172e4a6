// SPDX-License-Identifier: MIT
#pragma once

// report.html: one file without scripts that asks nothing of the network. Every text of a model, a task or run.json
// is escaped; its Content-Security-Policy forbids what escaping might miss.

#include <string>

#include "reports/summary.h"

namespace proctor {

std::string write_html(const Summary& summary);

} // namespace proctor
