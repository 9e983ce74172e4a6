// SPDX-License-Identifier: MIT
#pragma once

// The process that becomes the program: it takes off every privilege, waits for its job, and arranges descriptors and
// limits as the job wants them. Everything here is ours; the program starts after take_job() returns.

#include <optional>
#include <string>
#include <vector>

#include "graders/sandbox/confinement.h"
#include "graders/sandbox/fd.h"
#include "graders/sandbox/mounts.h"
#include "graders/sandbox/wire.h"

namespace proctor {

// Shared by the worker and its keeper. The program could write to it, so it may only make its own verdict worse.
struct BoxNotes {
  bool memory_refused;
};

constexpr int kChannelFd = 3; // of the program, where its job has a channel

// Confined, and without a job yet.
struct WaitingWorker {
  Fd socket; // where boxd sends the job
  BoxNotes* notes = nullptr;
};

struct WorkerJob {
  JobWire head{};
  std::vector<std::string> args, file_names;
  Fd program;             // the script's source, or the executable
  Fd report;              // to boxd: why the program could not be started; close-on-exec
  BoxNotes* notes = nullptr;
};

// Drops capabilities, applies Landlock and, where asked, the second filter. Cannot be undone.
Failure confine_self(const Confinement& confinement);

// Waits for the job and prepares for it: files in /box, descriptors, limits. On failure says so on the socket and exits.
WorkerJob take_job(WaitingWorker worker, const Confinement& confinement);

// Level 1 only, and the last thing before a program starts: no processes, no signals, no exec but the one whose argv
// lies at exec_argv (0: none). False with errno set.
bool seal_process(const Confinement& confinement, uint64_t exec_argv);

// Replaces this process by the job's command. Returns only by failing: reported, exit.
[[noreturn]] void exec_job(WorkerJob job, const Confinement& confinement);

// Tells boxd that the box could not be set up, or its program not be started, and exits.
[[noreturn]] void give_up(int socket, Failure failure);

} // namespace proctor
