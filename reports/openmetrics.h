// SPDX-License-Identifier: MIT
#pragma once

// Summary -> OpenMetrics text (prometheus/OpenMetrics 1.0), as Prometheus and GitLab's metrics reports read it.

#include <span>
#include <string>

#include "reports/summary.h"

namespace proctor {

std::string write_openmetrics(std::span<const Summary> summaries);

} // namespace proctor
