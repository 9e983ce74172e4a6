// SPDX-License-Identifier: MIT
#include "backends/openai/work.h"

#include <algorithm>

namespace proctor {
namespace {

bool same_question(const WorkItem& a, const WorkItem& b) {
  return a.key.task == b.key.task && a.key.doc_id == b.key.doc_id && a.prompt_hash == b.prompt_hash &&
         a.sampling == b.sampling;
}

} // namespace

std::optional<Job> Jobs::next(size_t most) {
  std::lock_guard lock(mutex_);
  if (auto job = earliest(true)) return job;
  if (deferred_.size() < most_deferred_)
    if (auto items = fresh(most); !items.empty()) return Job{std::move(items), 0, 0, {}};
  return earliest(false);
}

void Jobs::defer(Job job) {
  std::lock_guard lock(mutex_);
  deferred_.push_back(std::move(job));
}

std::optional<Job> Jobs::earliest(bool due_only) {
  auto at =
      std::min_element(deferred_.begin(), deferred_.end(), [](const Job& a, const Job& b) { return a.due < b.due; });
  if (at == deferred_.end() || (due_only && at->due > std::chrono::steady_clock::now())) return std::nullopt;
  Job job = std::move(*at);
  deferred_.erase(at);
  return job;
}

std::vector<WorkItem> Jobs::fresh(size_t most) {
  std::vector<WorkItem> items;
  while (items.size() < most) {
    if (!next_) next_ = source_.next();
    if (!next_ || (!items.empty() && !same_question(*next_, items.front()))) break;
    items.push_back(std::move(*next_));
    next_.reset();
  }
  return items;
}

} // namespace proctor
