// SPDX-License-Identifier: MIT
// What the zygote loads through ctypes: libproctor_box.so. The interpreter stays an ordinary python3.
#include <dlfcn.h>
#include <new>
#include <string>
#include <unistd.h>

#include "graders/sandbox/box.h"
#include "graders/sandbox/factory.h"
#include "graders/sandbox/huge_heap.h"

namespace {

using namespace proctor;

using Hook = void (*)();

Hook hook(const char* name) {
  auto found = reinterpret_cast<Hook>(::dlsym(RTLD_DEFAULT, name));
  return found != nullptr ? found : [] {};
}

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

// Serves boxes; returns once per worker, in the worker, with its job.
[[gnu::visibility("default")]] ProctorJob* proctor_serve(int control, const char* confinement_text) {
  Confinement confinement = decode_confinement(confinement_text);
  collapse_heap();
  ForkHooks hooks{hook("PyOS_BeforeFork"), hook("PyOS_AfterFork_Parent"), hook("PyOS_AfterFork_Child")};
  auto* job = new WorkerJob(serve_boxes(control, confinement, hooks));
  if (!job->program) give_up(job->report.get(), {BoxStep::descriptors, EBADMSG});
  if (!seal_process(confinement, 0)) give_up(job->report.get(), {BoxStep::seccomp, errno});
  auto** args = new const char*[job->args.size()];
  for (size_t at = 0; at < job->args.size(); ++at) args[at] = job->args[at].c_str();
  job->report.reset(); // from here on nothing that this process says about itself is believed
  return new ProctorJob{job->head.work == BoxWork::calls, job->program.get(), static_cast<int32_t>(job->args.size()), args,
                        &job->notes->memory_refused};
}
}
