// SPDX-License-Identifier: MIT
#pragma once

// What is to be asked: new work in the order of the plan, with neighbouring samples of one question together where a
// request may carry several; and requests that failed and wait for their next attempt, while other work goes on.

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/backend.h"

namespace proctor {

struct Job {
  std::vector<WorkItem> items; // of one question, at least one
  int attempts = 0;            // requests made for them
  int failures = 0;            // of these, in a row, without an answer
  std::chrono::steady_clock::time_point due{};
};

// Thread-safe.
class Jobs {
 public:
  // first: pulled already. most_deferred: so many may wait before new work has to.
  Jobs(WorkSource& source, WorkItem first, size_t most_deferred)
      : source_(source), next_(std::move(first)), most_deferred_(most_deferred) {}

  // A deferred job that is due, else new work of at most `most` items, else a deferred job that is not yet due;
  // nullopt: nothing of these is left.
  std::optional<Job> next(size_t most);

  void defer(Job job);

 private:
  std::optional<Job> earliest(bool due_only);
  std::vector<WorkItem> fresh(size_t most);

  WorkSource& source_;
  std::mutex mutex_;
  std::optional<WorkItem> next_; // pulled, and of another question than the last batch
  std::vector<Job> deferred_;
  const size_t most_deferred_;
};

} // namespace proctor
