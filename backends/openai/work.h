// SPDX-License-Identifier: MIT
#pragma once

// Work in the order of the plan, with neighbouring samples of one question together where a request may carry several.

#include <mutex>
#include <optional>
#include <vector>

#include "harness/backend.h"

namespace proctor {

class Batches {
 public:
  // first: pulled already.
  Batches(WorkSource& source, WorkItem first) : source_(source), next_(std::move(first)) {}

  // At most `most` items with one prompt; empty: nothing is left. Thread-safe.
  std::vector<WorkItem> next(size_t most) {
    std::lock_guard lock(mutex_);
    std::vector<WorkItem> batch;
    while (batch.size() < most) {
      if (!next_) next_ = source_.next();
      if (!next_ || (!batch.empty() && !same_question(*next_, batch.front()))) break;
      batch.push_back(std::move(*next_));
      next_.reset();
    }
    return batch;
  }

 private:
  static bool same_question(const WorkItem& a, const WorkItem& b) {
    return a.key.task == b.key.task && a.key.doc_id == b.key.doc_id && a.prompt_hash == b.prompt_hash && a.sampling == b.sampling;
  }
  WorkSource& source_;
  std::mutex mutex_;
  std::optional<WorkItem> next_;
};

} // namespace proctor
