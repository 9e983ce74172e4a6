// SPDX-License-Identifier: MIT
#pragma once

// Runs and baseline files, read alike; shared by compare, gate and baseline.

#include <string>

#include "reports/summary.h"

namespace proctor {

// A run directory (or a file in one) is folded; another file must be a baseline. On failure: a usage error.
Result<Summary> read_run_or_baseline(const std::string& path);

// On failure: a usage error that names the file.
Result<Summary> read_baseline(const std::string& path);

} // namespace proctor
