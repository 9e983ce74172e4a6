// SPDX-License-Identifier: MIT
#pragma once

// The plan of a run: which samples are asked for, as a function of tasks, counts and seed alone; and the WorkSource
// that hands them out, less what is logged already.

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "harness/backend.h"
#include "harness/task.h"

namespace proctor {

// This process does the questions whose position in the plan is index modulo count.
struct Shard {
  int index = 0; // from 0
  int count = 1;
};

struct PlannedTask {
  const Task* task = nullptr;
  std::vector<int> samples;              // per question; normally all equal
  std::vector<std::vector<int>> indices; // per question, where recorded indices are not 0, 1, 2, ...; else empty
  std::vector<size_t> order = {};        // in which questions are asked, a permutation; empty: as they stand

  int index(size_t question, int sample) const {
    return indices.empty() ? sample : indices[question][static_cast<size_t>(sample)];
  }
  size_t question(size_t turn) const { return order.empty() ? turn : order[turn]; }
};

// Decides from the grades so far which samples are needed no more. Thread-safe.
class Stopper {
 public:
  virtual ~Stopper() = default;
  virtual bool needed(const SampleKey& key) const = 0;
  // Of a needed sample: false while grades of its question must be seen before it is known to be needed at all.
  virtual bool ready(const SampleKey&) const { return true; }
  virtual void seen(const Grade& grade) = 0;
  // Tasks that were ended before all their questions were asked, and after how many.
  virtual std::map<std::string, int> ended() const { return {}; }
};

// Calls visit(task, question, position in its task) for each question of the shard, in order.
template <class Visit>
Status for_each_question(const std::vector<PlannedTask>& tasks, Shard shard, Visit visit) {
  size_t position = 0;
  for (const PlannedTask& planned : tasks)
    for (size_t q = 0; q < planned.task->questions.size(); ++q)
      if (position++ % static_cast<size_t>(shard.count) == static_cast<size_t>(shard.index))
        if (Status status = visit(*planned.task, planned.task->questions[q], q); !status) return status;
  return {};
}

// Which samples of a question are done. Any indices, small and dense in practice.
class SampleSet {
 public:
  void add(const std::string& task, const std::string& doc_id, int sample_idx);
  bool contains(const std::string& task, const std::string& doc_id, int sample_idx) const;
  void for_each(const std::function<void(const SampleKey&)>& visit) const; // in no particular order
  size_t size() const { return size_; }

 private:
  struct Samples {
    std::vector<bool> small; // by index, below kSmall
    std::set<int> large;     // recorded files may number samples as they like
  };
  static constexpr size_t kSmall = 1 << 16;
  std::unordered_map<std::string, std::unordered_map<std::string, Samples>> done_;
  size_t size_ = 0;
};

// Borrows the tasks and `done`, which must outlive it.
class PlanSource : public WorkSource {
 public:
  PlanSource(std::vector<PlannedTask> tasks, Sampling sampling, uint64_t run_seed, Shard shard, const SampleSet& done,
             std::stop_token stop);

  std::optional<WorkItem> next() override;
  bool wanted(const SampleKey& key) const override { return !stop_.stop_requested() && needed(key); }
  void seen(const Grade& grade) override;
  bool answered_before() const override { return done_.size() > 0; }

  // Samples of this shard that are still to come: needed, and neither done when the source was made nor in `arrived`.
  size_t n_open(const SampleSet& arrived) const;

  // After next() had nothing: whether grades seen since have made samples ready that were held back.
  bool has_more() const;

  void watch(Stopper* stopper) { stopper_ = stopper; } // before the first next() or seen(); null: all are needed

  size_t total() const { return total_; }     // samples of this shard, done or not
  size_t missing() const { return missing_; } // of these, not done when the source was made

 private:
  // A question, and the first of its samples that has not been handed out.
  struct Place {
    size_t task, question;
    int sample = 0;
  };

  bool needed(const SampleKey& key) const { return stopper_ == nullptr || stopper_->needed(key); }
  bool ready(const SampleKey& key) const { return stopper_ == nullptr || stopper_->ready(key); }
  bool mine(size_t position) const;
  void for_each_sample(const std::function<void(const SampleKey&)>& visit) const; // of this shard
  std::optional<Place> next_place();
  std::optional<WorkItem> take(Place& place);
  const std::vector<PlannedTask> tasks_;
  const Sampling sampling_;
  const uint64_t run_seed_;
  const Shard shard_;
  const SampleSet& done_;
  const std::stop_token stop_;
  Stopper* stopper_ = nullptr;
  size_t total_ = 0, missing_ = 0;
  mutable std::mutex mutex_; // guards the rest
  size_t task_ = 0, turn_ = 0, first_ = 0; // the next question; first_: position in the plan of the task's first
  std::optional<Place> current_;
  std::map<std::pair<std::string, std::string>, Place> held_; // by task and doc_id: wait for grades
  std::deque<Place> ready_;                                   // were held, and are so no more
};

} // namespace proctor
