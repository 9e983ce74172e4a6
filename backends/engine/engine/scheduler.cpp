// SPDX-License-Identifier: MIT
#include "backends/engine/engine/scheduler.h"

#include <algorithm>
#include <utility>

#include "harness/check.h"

namespace proctor {
namespace {

int32_t size_of(const Sequence& sequence) { return static_cast<int32_t>(sequence.tokens.size()); }

bool same_prompt(const Sequence& a, std::span<const int32_t> prompt) {
  return static_cast<size_t>(a.n_prompt) == prompt.size() &&
         std::equal(prompt.begin(), prompt.end(), a.tokens.begin());
}

std::span<const int32_t> prompt_of(const Sequence& sequence) {
  return std::span(sequence.tokens).first(static_cast<size_t>(sequence.n_prompt));
}

} // namespace

void Scheduler::add(std::unique_ptr<Sequence> sequence) {
  PROCTOR_CHECK(!sequence->tokens.empty() && sequence->n_prompt == size_of(*sequence));
  waiting_.push_back(std::move(sequence));
}

StepPlan Scheduler::plan() {
  StepPlan plan;
  returned_.clear(); // the last plan's copies are done
  removed_before_ = std::exchange(removed_, {});
  swap_in(plan);
  admit(plan);
  int32_t prefill_left = limits_.prefill_rows;
  for (size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    int32_t n = planned_rows(sequence, prefill_left);
    if (n == 0) continue;
    if (!cover(sequence, sequence.n_computed + n, plan)) break; // it was itself swapped out, and with it all younger
    add_rows(i, n, plan);
  }
  PROCTOR_CHECK(plan.step.n_rows() > 0 || idle() || any_complete());
  return plan;
}

void Scheduler::computed(const StepPlan& plan) {
  for (size_t r = 0; r < plan.step.tokens.size(); ++r) {
    Sequence& sequence = *running_[static_cast<size_t>(plan.step.sequences[r])];
    bool was_prompt = sequence.n_computed < sequence.n_prompt;
    sequence.n_computed = plan.step.positions[r] + 1;
    if (was_prompt && sequence.n_computed == sequence.n_prompt) keep_prompt(sequence);
  }
}

void Scheduler::remove_if(const std::function<bool(const Sequence&)>& done) {
  for (auto* queue : {&running_, &waiting_, &swapped_})
    std::erase_if(*queue, [&](std::unique_ptr<Sequence>& sequence) {
      if (!done(*sequence)) return false;
      pool_.release(sequence->pages);
      sequence->removed = true;
      removed_.push_back(std::move(sequence));
      return true;
    });
}

bool Scheduler::any_complete() const {
  const auto complete = [](const auto& sequence) { return sequence->complete; };
  return std::any_of(running_.begin(), running_.end(), complete) || std::any_of(swapped_.begin(), swapped_.end(), complete);
}

// One row per running answer; prompts share what a step may take of them.
int32_t Scheduler::planned_rows(const Sequence& sequence, int32_t& prefill_left) const {
  if (sequence.complete) return 0;
  int32_t pending = size_of(sequence) - sequence.n_computed;
  if (pending == 1) return 1;
  int32_t n = std::min(pending, prefill_left);
  prefill_left -= n;
  return n;
}

void Scheduler::add_rows(size_t index, int32_t n, StepPlan& plan) const {
  Step& step = plan.step;
  Sequence& sequence = *running_[index];
  step.tables.resize(running_.size());
  step.tables[index] = sequence.pages;
  for (int32_t position = sequence.n_computed; position < sequence.n_computed + n; ++position) {
    step.tokens.push_back(sequence.tokens[static_cast<size_t>(position)]);
    step.positions.push_back(position);
    step.sequences.push_back(static_cast<int32_t>(index));
  }
  plan.parts.push_back({&sequence, n});
  if (sequence.n_computed + n < size_of(sequence)) return; // more of the prompt is to come
  step.samples.push_back(
      {static_cast<int32_t>(step.n_rows()) - 1, sequence.seed, size_of(sequence), &sequence.sampling});
  plan.sampled.push_back(&sequence);
}

// Pages for so many positions. false: the sequence itself had to give way.
bool Scheduler::cover(Sequence& sequence, int32_t positions, StepPlan& plan) {
  while (static_cast<int32_t>(sequence.pages.size()) < pages_for(positions)) {
    if (auto page = pool_.take())
      sequence.pages.push_back(*page);
    else if (!make_room(sequence, plan))
      return false;
  }
  return true;
}

// Frees at least one page: kept prompts first, then the youngest sequence. false: that was `wanting`.
bool Scheduler::make_room(const Sequence& wanting, StepPlan& plan) {
  if (!prompts_.empty()) {
    drop_prompt();
    return true;
  }
  bool itself = running_.back().get() == &wanting;
  PROCTOR_CHECK(running_.size() > 1); // one sequence always fits
  swap_out(running_.size() - 1, plan);
  return !itself;
}

void Scheduler::drop_prompt() {
  pool_.release(prompts_.front().pages);
  prompts_.pop_front();
}

// Whether so many pages are free, now or without the prompts whose samples have all ended.
bool Scheduler::get_free(int32_t pages) {
  while (pool_.n_free() < pages) {
    auto idle = std::find_if(prompts_.begin(), prompts_.end(), [&](const Prompt& prompt) { return !is_asked(prompt); });
    if (idle == prompts_.end()) return false;
    pool_.release(idle->pages);
    prompts_.erase(idle);
  }
  return true;
}

bool Scheduler::is_asked(const Prompt& prompt) const {
  const auto asks = [&](const auto& sequence) { return same_prompt(*sequence, prompt.tokens); };
  return std::ranges::any_of(waiting_, asks) || std::ranges::any_of(running_, asks) || std::ranges::any_of(swapped_, asks);
}

void Scheduler::swap_out(size_t index, StepPlan& plan) {
  std::unique_ptr<Sequence> sequence = std::move(running_[index]);
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(index));
  for (int32_t page : sequence->pages) {
    sequence->swapped.push_back(std::make_unique_for_overwrite<uint8_t[]>(limits_.page_bytes));
    plan.copies.push_back({PageCopy::Kind::out, page, 0, sequence->swapped.back().get()});
  }
  pool_.release(sequence->pages);
  swapped_.push_front(std::move(sequence));
}

// The oldest first, when its pages and one more for every running sequence are free.
void Scheduler::swap_in(StepPlan& plan) {
  while (!swapped_.empty()) {
    Sequence& sequence = *swapped_.front();
    auto wanted = static_cast<int32_t>(sequence.swapped.size() + 1 + running_.size());
    if (!get_free(wanted) && !running_.empty()) return;
    for (std::unique_ptr<uint8_t[]>& bytes : sequence.swapped) {
      while (pool_.n_free() == 0 && !prompts_.empty()) drop_prompt();
      sequence.pages.push_back(pool_.take().value());
      plan.copies.push_back({PageCopy::Kind::in, 0, sequence.pages.back(), bytes.get()});
    }
    returned_.insert(returned_.end(), std::make_move_iterator(sequence.swapped.begin()),
                     std::make_move_iterator(sequence.swapped.end()));
    sequence.swapped.clear();
    running_.push_back(std::move(swapped_.front()));
    swapped_.pop_front();
  }
}

void Scheduler::admit(StepPlan& plan) {
  while (!waiting_.empty() && swapped_.empty()) {
    Sequence& sequence = *waiting_.front();
    if (prompt_is_coming(sequence)) return;
    auto wanted = static_cast<int32_t>(running_.size()) + pages_for(sequence.n_prompt + 1);
    if (!get_free(wanted) && !running_.empty()) return;
    fork(sequence, plan);
    running_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

// An earlier sample of the same prompt is computing it.
bool Scheduler::prompt_is_coming(const Sequence& sequence) const {
  return std::any_of(running_.begin(), running_.end(), [&](const auto& other) {
    return other->n_computed < other->n_prompt - 1 && same_prompt(sequence, prompt_of(*other));
  });
}

// Takes over all but the prompt's last token, whose row each sample computes for itself: that is where it branches
// off.
void Scheduler::fork(Sequence& sequence, StepPlan& plan) {
  auto kept = std::find_if(prompts_.begin(), prompts_.end(),
                           [&](const Prompt& prompt) { return same_prompt(sequence, prompt.tokens); });
  const int32_t positions = sequence.n_prompt - 1;
  if (kept == prompts_.end() || positions == 0) return;
  const auto full = static_cast<size_t>(positions / kPageTokens);
  std::rotate(kept, kept + 1, prompts_.end());
  const Prompt& prompt = prompts_.back();
  if (positions % kPageTokens != 0) {
    auto copy = pool_.take();
    if (!copy) return;
    plan.copies.push_back({PageCopy::Kind::within, prompt.pages[full], *copy, nullptr});
    sequence.pages.push_back(*copy);
  }
  for (size_t i = 0; i < full; ++i) pool_.share(prompt.pages[i]);
  sequence.pages.insert(sequence.pages.begin(), prompt.pages.begin(),
                        prompt.pages.begin() + static_cast<std::ptrdiff_t>(full));
  sequence.n_computed = sequence.n_shared = positions;
}

void Scheduler::keep_prompt(const Sequence& sequence) {
  for (const Prompt& prompt : prompts_)
    if (same_prompt(sequence, prompt.tokens)) return;
  auto prompt = prompt_of(sequence);
  Prompt kept{{prompt.begin(), prompt.end()}, sequence.pages};
  for (int32_t page : kept.pages) pool_.share(page);
  prompts_.push_back(std::move(kept));
  while (prompts_.size() > static_cast<size_t>(limits_.kept_prompts)) drop_prompt();
}

} // namespace proctor
