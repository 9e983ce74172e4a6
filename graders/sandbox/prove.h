// SPDX-License-Identifier: MIT
#pragma once

// Proof by attempt: programs of our own try, inside boxes, what each layer forbids. A layer that is there but does not
// hold fails here, whatever the kernel said about it.

#include <functional>
#include <vector>

#include "graders/sandbox/attestation.h"
#include "graders/sandbox/job.h"
#include "graders/sandbox/outcome.h"

namespace proctor {

using RunJob = std::function<BoxOutcome(const BoxJob&)>;

// Every attempt with what it ended in. Takes some 0.1 s.
std::vector<Probe> prove_confinement(const Attestation& claimed, const RunJob& run);

} // namespace proctor
