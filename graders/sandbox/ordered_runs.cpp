// SPDX-License-Identifier: MIT
#include "graders/sandbox/ordered_runs.h"

#include <algorithm>
#include <utility>

namespace proctor {
namespace {

constexpr size_t kMostAtOnce = 64; // each holds two descriptors, and all that its program prints

} // namespace

OrderedRuns::~OrderedRuns() {
  for (const Begun& run : begun_) sandbox_.cancel(run.submitted);
  for (const Begun& run : begun_) sandbox_.wait(run.submitted);
}

BoxOutcome OrderedRuns::next() {
  const size_t at_once = std::min(at_once_(), kMostAtOnce);
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
