// SPDX-License-Identifier: MIT
#pragma once

// Boxes. A box is a keeper, PID 1 of its own pid namespace, and the worker that becomes the program. The keeper is ours
// to the end: it reaps, measures, kills everything when the program has ended, when boxd says so, or when boxd is gone.

#include "graders/sandbox/confinement.h"
#include "graders/sandbox/worker.h"

namespace proctor {

// Serves boxd's requests for boxes on `control` until boxd is gone, then exits. Returns in workers only, once in each: it
// is confined and one program's, whose job take_job() waits for.
WaitingWorker serve_boxes(int control, const Confinement& confinement);

} // namespace proctor
