// SPDX-License-Identifier: MIT
#pragma once

// grade --audit: the maths samples of a run under the rules of several graders, and where these disagree.

#include <string>

#include "harness/result.h"

namespace proctor {

// Writes audit.json into the run directory; prints the disagreements and each profile's accuracy on stdout unless
// `quiet`. A run without maths tasks: a note on stderr.
Status audit_run(const std::string& run_dir, bool quiet);

} // namespace proctor
