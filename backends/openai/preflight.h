// SPDX-License-Identifier: MIT
#pragma once

// The question before all questions: is a server there, does it let us in, does it have the model?

#include "backends/openai/settings.h"
#include "backends/openai/watch.h"

namespace proctor {

// Asks every replica for its list of models. A server that cannot be reached is told about within a second and tried
// for `seconds`. On failure: a usage error with the server's words, or an infrastructure error. Servers that have no
// such list pass. first: a sample that is to be generated; when it is no longer wanted this returns, too.
Status preflight(const EndpointSettings& settings, const WorkSource& source, const SampleKey& first, Watch& watch,
                 double seconds);

} // namespace proctor
