// SPDX-License-Identifier: MIT
#pragma once

// Keepers: the first process of each box, PID 1 of its namespaces. A keeper is ours to the end: it reaps, measures, kills
// everything when the program has ended, when boxd says so, or when boxd is gone. It shares its factory's memory, as a
// thread does, so that it costs no page tables; only the worker has a copy of its own.

#include <sys/types.h>

#include "graders/sandbox/fd.h"
#include "graders/sandbox/worker.h"

namespace proctor {

struct KeeperRoom; // where one keeper lives

class Keepers {
 public:
  struct Made {
    pid_t keeper = -1; // 0: this is the worker; -1: there is no box, errno says why
    Fd pidfd;          // of the keeper
    BoxNotes* notes = nullptr;
  };

  // A keeper, made with these namespaces (CLONE_NEW... of clone(2)), that reports to boxd on `status`, and its child, a copy
  // of this process: like fork(), this returns in both. The caller has one thread and cannot be traced or read: nor can its
  // keepers then.
  Made fork_box(int namespaces, int status);

 private:
  KeeperRoom* free_room();

  KeeperRoom* rooms_ = nullptr;
};

} // namespace proctor
