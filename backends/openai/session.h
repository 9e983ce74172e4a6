// SPDX-License-Identifier: MIT
#pragma once

// One generate() over an endpoint: threads that each take a slot, pull work, ask, and put what was answered.

#include "backends/openai/preflight.h"
#include "backends/openai/settings.h"
#include "backends/openai/traffic.h"

namespace proctor {

// Runs until the source has nothing left. probes: the replicas that have been asked already; may be empty. On failure:
// why the run cannot go on.
Status run_session(const EndpointSettings& settings, ReplicaProbes probes, WorkSource& source, CompletionSink& sink,
                   Dialect& dialect, Traffic& traffic);

} // namespace proctor
