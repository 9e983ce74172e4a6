// SPDX-License-Identifier: MIT
#include "graders/sandbox/ordered_runs.h"

#include <utility>

namespace proctor {

OrderedRuns::~OrderedRuns() {
  for (const Begun& run : begun_) sandbox_.cancel(run.submitted);
  for (const Begun& run : begun_) sandbox_.wait(run.submitted);
}

BoxOutcome OrderedRuns::next() {
  const size_t at_once = at_once_();
  while (n_begun_ < n_jobs_ && (begun_.empty() || begun_.size() < at_once)) {
    BoxJob job = make_job_(n_begun_++);
    Sandbox::Submitted submitted = sandbox_.submit(job);
    begun_.push_back({std::move(job), std::move(submitted)});
  }
  Begun run = std::move(begun_.front());
  begun_.pop_front();
  return sandbox_.finish(std::move(run.submitted), run.job);
}

} // namespace proctor
