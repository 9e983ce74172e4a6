// SPDX-License-Identifier: MIT
#pragma once

// Boxes. A box is a keeper, PID 1 of its own pid namespace, and the worker that becomes the program. The keeper is ours
// to the end: it reaps, measures, kills everything when the program has ended, when boxd says so, or when boxd is gone.

#include "graders/sandbox/confinement.h"
#include "graders/sandbox/worker.h"

namespace proctor {

// What an interpreter wants around a fork; empty functions where there is none.
struct ForkHooks {
  void (*before)() = [] {};
  void (*in_parent)() = [] {};
  void (*in_child)() = [] {};
};

// Serves boxd's requests for boxes on `control` until boxd is gone, then exits. Returns in workers only: each call is
// one program, confined, limited, with its job.
WorkerJob serve_boxes(int control, const Confinement& confinement, const ForkHooks& hooks);

} // namespace proctor
