// SPDX-License-Identifier: MIT
#pragma once

// Runs that are looked at one after the other, like the tests of one program, and begun ahead of that.

#include <cstddef>
#include <deque>
#include <functional>

#include "graders/sandbox/sandbox.h"

namespace proctor {

class OrderedRuns {
 public:
  // Job i of n_jobs is make_job(i). `at_once`: how many may run now; asked before each outcome, 1 or more.
  OrderedRuns(Sandbox& sandbox, size_t n_jobs, std::function<BoxJob(size_t)> make_job, std::function<size_t()> at_once)
      : sandbox_(sandbox), n_jobs_(n_jobs), make_job_(std::move(make_job)), at_once_(std::move(at_once)) {}

  // Those that nobody asked for are cancelled.
  ~OrderedRuns();
  OrderedRuns(const OrderedRuns&) = delete;
  OrderedRuns& operator=(const OrderedRuns&) = delete;

  // The outcome of the next job, as Sandbox::run() returns it. At most n_jobs times.
  BoxOutcome next();

 private:
  struct Begun {
    BoxJob job;
    Sandbox::Submitted submitted;
  };

  Sandbox& sandbox_;
  size_t n_jobs_;
  std::function<BoxJob(size_t)> make_job_;
  std::function<size_t()> at_once_;
  std::deque<Begun> begun_; // the next first
  size_t n_begun_ = 0;
};

} // namespace proctor
