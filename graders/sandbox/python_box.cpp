// SPDX-License-Identifier: MIT
// What the zygote loads through ctypes: libproctor_box.so. The interpreter stays an ordinary python3.
#include <csignal>
#include <new>
#include <string>
#include <unistd.h>

#include "graders/sandbox/box.h"
#include "graders/sandbox/factory.h"
#include "graders/sandbox/huge_pages.h"

namespace {

using namespace proctor;

struct Waiting {
  WaitingWorker worker;
  Confinement confinement;
};

} // namespace

extern "C" {

// The job of this process, as the zygote reads it.
struct ProctorJob {
  int32_t calls;      // serve typed calls on descriptor 3 instead of running a script
  int32_t program_fd; // the source
  int32_t n_args;
  const char* const* args;
  bool* memory_refused;
};

// Serves boxes; returns once per worker, in the worker. What it returns is for proctor_take_job(). The interpreter is not
// told of these forks: the zygote has one thread, which holds no lock but the interpreter's own, so that its copy is sound
// as it is, and what PyOS_AfterFork_Child() does for others (threading's and random's Python code) would make a third of
// all pages that a box writes to. zygote.py does what is left.
[[gnu::visibility("default")]] void* proctor_serve(int control, const char* confinement_text) {
  Confinement confinement = decode_confinement(confinement_text);
  use_huge_pages();
  struct sigaction interrupt {};
  ::sigaction(SIGINT, nullptr, &interrupt);
  auto* waiting = new Waiting{serve_boxes(control, confinement), confinement};
  ::sigaction(SIGINT, &interrupt, nullptr); // back to what the interpreter believes that they are
  ::signal(SIGPIPE, SIG_IGN);
  return waiting;
}

// Waits for the worker's job; the program may start.
[[gnu::visibility("default")]] ProctorJob* proctor_take_job(void* worker) {
  auto* waiting = static_cast<Waiting*>(worker);
  const Confinement& confinement = waiting->confinement;
  auto* job = new WorkerJob(take_job(std::move(waiting->worker), confinement));
  if (!job->program) give_up(job->report.get(), {BoxStep::descriptors, EBADMSG});
  if (!seal_process(confinement, 0)) give_up(job->report.get(), {BoxStep::seccomp, errno});
  auto** args = new const char*[job->args.size()];
  for (size_t at = 0; at < job->args.size(); ++at) args[at] = job->args[at].c_str();
  job->report.reset(); // from here on nothing that this process says about itself is believed
  return new ProctorJob{job->head.work == BoxWork::calls, job->program.get(), static_cast<int32_t>(job->args.size()), args,
                        &job->notes->memory_refused};
}
}
