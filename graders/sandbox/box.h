// SPDX-License-Identifier: MIT
#pragma once

// Boxes. A box is a keeper (keeper.h) and the worker that sets the box up and becomes the program.

#include "graders/sandbox/confinement.h"
#include "graders/sandbox/worker.h"

namespace proctor {

// Serves boxd's requests for boxes on `control` until boxd is gone, then exits. Returns in workers only, once in each: it
// is confined and one program's, whose job take_job() waits for.
WaitingWorker serve_boxes(int control, const Confinement& confinement);

} // namespace proctor
