// SPDX-License-Identifier: MIT
#include "harness/plan.h"

#include "harness/hash.h"

namespace proctor {

void SampleSet::add(const std::string& task, const std::string& doc_id, int sample_idx) {
  Samples& samples = done_[task][doc_id];
  auto index = static_cast<size_t>(sample_idx);
  if (index >= kSmall) {
    size_ += samples.large.insert(sample_idx).second;
    return;
  }
  if (samples.small.size() <= index) samples.small.resize(index + 1);
  size_ += !samples.small[index];
  samples.small[index] = true;
}

bool SampleSet::contains(const std::string& task, const std::string& doc_id, int sample_idx) const {
  auto of_task = done_.find(task);
  if (of_task == done_.end()) return false;
  auto found = of_task->second.find(doc_id);
  if (found == of_task->second.end()) return false;
  auto index = static_cast<size_t>(sample_idx);
  if (index >= kSmall) return found->second.large.contains(sample_idx);
  return index < found->second.small.size() && found->second.small[index];
}

PlanSource::PlanSource(std::vector<PlannedTask> tasks, Sampling sampling, uint64_t run_seed, Shard shard,
                       const SampleSet& done, std::stop_token stop)
    : tasks_(std::move(tasks)), sampling_(std::move(sampling)), run_seed_(run_seed), shard_(shard), done_(done),
      stop_(std::move(stop)) {
  for (const PlannedTask& planned : tasks_) PROCTOR_CHECK(planned.samples.size() == planned.task->questions.size());
  size_t task = 0;
  Status counted = for_each_question(tasks_, shard_, [&](const Task& of, const Question& question, size_t q) {
    while (tasks_[task].task != &of) ++task;
    for (int s = 0; s < tasks_[task].samples[q]; ++s) {
      ++total_;
      missing_ += !done_.contains(of.name, question.doc_id, tasks_[task].index(q, s));
    }
    return Status();
  });
  PROCTOR_CHECK(counted.has_value());
}

bool PlanSource::mine(size_t position) const {
  return static_cast<int>(position % static_cast<size_t>(shard_.count)) == shard_.index;
}

// Moves on to a valid (task, question, sample) position; false at the end.
bool PlanSource::advance() {
  for (; task_ < tasks_.size(); ++task_, question_ = 0) {
    const PlannedTask& planned = tasks_[task_];
    for (; question_ < planned.samples.size(); ++question_, ++position_, sample_ = 0)
      if (mine(position_) && sample_ < planned.samples[question_]) return true;
  }
  return false;
}

std::optional<WorkItem> PlanSource::next() {
  std::lock_guard lock(mutex_);
  for (; !stop_.stop_requested() && advance();) {
    const Task& task = *tasks_[task_].task;
    const Question& question = task.questions[question_];
    int sample = tasks_[task_].index(question_, sample_++);
    if (done_.contains(task.name, question.doc_id, sample)) continue;
    WorkItem item;
    item.key = {task.name, question.doc_id, sample};
    item.messages = question.messages;
    item.assistant_prefix = question.assistant_prefix;
    item.prompt_hash = prompt_hash(question);
    item.sampling = sampling_;
    item.seed = sample_seed(run_seed_, task.name, question.doc_id, sample);
    return item;
  }
  return std::nullopt;
}

} // namespace proctor
