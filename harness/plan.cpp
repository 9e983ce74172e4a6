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

void SampleSet::for_each(const std::function<void(const SampleKey&)>& visit) const {
  for (const auto& [task, questions] : done_)
    for (const auto& [doc_id, samples] : questions) {
      for (size_t i = 0; i < samples.small.size(); ++i)
        if (samples.small[i]) visit({task, doc_id, static_cast<int>(i)});
      for (int index : samples.large) visit({task, doc_id, index});
    }
}

PlanSource::PlanSource(std::vector<PlannedTask> tasks, Sampling sampling, uint64_t run_seed, Shard shard,
                       const SampleSet& done, std::stop_token stop)
    : tasks_(std::move(tasks)), sampling_(std::move(sampling)), run_seed_(run_seed), shard_(shard), done_(done),
      stop_(std::move(stop)) {
  for (const PlannedTask& planned : tasks_) PROCTOR_CHECK(planned.samples.size() == planned.task->questions.size());
  for_each_sample([&](const SampleKey& key) {
    ++total_;
    missing_ += !done_.contains(key.task, key.doc_id, key.sample_idx);
  });
}

void PlanSource::for_each_sample(const std::function<void(const SampleKey&)>& visit) const {
  size_t task = 0;
  Status visited = for_each_question(tasks_, shard_, [&](const Task& of, const Question& question, size_t q) {
    while (tasks_[task].task != &of) ++task;
    SampleKey key{of.name, question.doc_id, 0};
    for (int s = 0; s < tasks_[task].samples[q]; ++s) {
      key.sample_idx = tasks_[task].index(q, s);
      visit(key);
    }
    return Status();
  });
  PROCTOR_CHECK(visited.has_value());
}

size_t PlanSource::n_open(const SampleSet& arrived) const {
  size_t n = 0;
  for_each_sample([&](const SampleKey& key) {
    const auto in = [&](const SampleSet& samples) { return samples.contains(key.task, key.doc_id, key.sample_idx); };
    n += !in(done_) && !in(arrived) && needed(key);
  });
  return n;
}

bool PlanSource::mine(size_t position) const {
  return static_cast<int>(position % static_cast<size_t>(shard_.count)) == shard_.index;
}

// The next question of the plan; after the last, one whose samples were held back.
std::optional<PlanSource::Place> PlanSource::next_place() {
  for (; task_ < tasks_.size(); first_ += tasks_[task_].samples.size(), ++task_, turn_ = 0)
    while (turn_ < tasks_[task_].samples.size())
      if (const size_t question = tasks_[task_].question(turn_++); mine(first_ + question)) return Place{task_, question};
  if (ready_.empty()) return std::nullopt;
  const Place place = ready_.front();
  ready_.pop_front();
  return place;
}

// The next sample of one question; nullopt where none is left, or none that is ready.
std::optional<WorkItem> PlanSource::take(Place& place) {
  const PlannedTask& planned = tasks_[place.task];
  const Task& task = *planned.task;
  const Question& question = task.questions[place.question];
  for (; place.sample < planned.samples[place.question]; ++place.sample) {
    const int sample = planned.index(place.question, place.sample);
    if (done_.contains(task.name, question.doc_id, sample)) continue;
    WorkItem item;
    item.key = {task.name, question.doc_id, sample};
    if (!needed(item.key)) continue;
    if (!ready(item.key)) {
      held_.emplace(std::pair(task.name, question.doc_id), place);
      return std::nullopt;
    }
    item.messages = question.messages;
    item.assistant_prefix = question.assistant_prefix;
    item.prompt_hash = prompt_hash(question);
    item.sampling = sampling_;
    item.seed = sample_seed(run_seed_, task.name, question.doc_id, sample);
    ++place.sample;
    return item;
  }
  return std::nullopt;
}

std::optional<WorkItem> PlanSource::next() {
  std::lock_guard lock(mutex_);
  while (!stop_.stop_requested()) {
    if (!current_) current_ = next_place();
    if (!current_) break;
    if (auto item = take(*current_)) return item;
    current_.reset();
  }
  return std::nullopt;
}

// next() holds the mutex from asking whether a sample is ready until it is among the held ones, so no grade is missed.
void PlanSource::seen(const Grade& grade) {
  if (stopper_ == nullptr) return;
  stopper_->seen(grade);
  std::lock_guard lock(mutex_);
  const auto held = held_.find({grade.key.task, grade.key.doc_id});
  if (held == held_.end()) return;
  const Place place = held->second;
  const SampleKey next{grade.key.task, grade.key.doc_id, tasks_[place.task].index(place.question, place.sample)};
  if (needed(next) && !ready(next)) return;
  held_.erase(held);
  ready_.push_back(place);
}

bool PlanSource::has_more() const {
  std::lock_guard lock(mutex_);
  return !ready_.empty() && !stop_.stop_requested();
}

} // namespace proctor
