// SPDX-License-Identifier: MIT
#pragma once

// One generate() over an endpoint: threads that each take a slot, pull work, ask, and put what was answered.

#include "backends/openai/settings.h"
#include "backends/openai/traffic.h"

namespace proctor {

// Runs until the source has nothing left. On failure: why the run cannot go on.
Status run_session(const EndpointSettings& settings, WorkSource& source, CompletionSink& sink, Dialect& dialect,
                   Traffic& traffic);

} // namespace proctor
