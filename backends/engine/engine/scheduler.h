// SPDX-License-Identifier: MIT
#pragma once

// Decides what the next step computes: which sequences run, which prompts are taken in, who gives way when the pages
// run out. Pure bookkeeping over page numbers: it knows neither tensors nor devices, and nothing that it decides can
// change what a sequence generates.
//
// * A prompt is computed once; further samples of the same prompt share its full pages and copy the last one.
// * Sequences are admitted while there is room now, not room for their longest possible answer. When pages run out
//   the youngest sequence is swapped out, and comes back, bit for bit, when there is room.

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "backends/engine/engine/kv_pool.h"
#include "backends/engine/model/ops.h"

namespace proctor {

struct Sequence {
  int64_t id = 0;
  std::vector<int32_t> tokens; // prompt and answer; at least one. The last may be a token that was drawn but is not known
                               // yet, as Step::tokens has it; then the sequence is not planned but for the next step
  int32_t n_prompt = 0;
  Sampling sampling;
  uint64_t seed = 0;

  bool complete = false; // its last token is drawn: there is nothing to compute

  // The scheduler's own.
  bool removed = false;
  int32_t n_computed = 0; // positions whose keys and values are there
  int32_t n_shared = 0;   // of these, taken over from an earlier sample of the prompt
  std::vector<int32_t> pages;
  std::vector<std::unique_ptr<uint8_t[]>> swapped; // page contents, while swapped out
};

struct SchedulerLimits {
  int32_t max_running = 32;
  int32_t prefill_rows = 256; // prompt tokens in one step
  int32_t kept_prompts = 4;   // computed prompts that wait for further samples
  size_t page_bytes = 0;
};

// What one step is to do: first the copies, in order, then the rows.
struct StepPlan {
  struct Part {
    const Sequence* sequence = nullptr;
    int32_t rows = 0;
  };
  std::vector<PageCopy> copies;
  Step step;
  std::vector<Part> parts;        // whose rows they are
  std::vector<Sequence*> sampled; // one for each step.samples
};

class Scheduler {
 public:
  Scheduler(KvPool& pool, SchedulerLimits limits) : pool_(pool), limits_(limits) {}

  void add(std::unique_ptr<Sequence> sequence);
  bool has_room() const { return n_alive() < static_cast<size_t>(limits_.max_running); }
  bool idle() const { return n_alive() == 0; }
  size_t n_running() const { return running_.size(); }

  // Empty rows only when nothing is alive or something is complete. The pool must hold at least one whole sequence. The
  // sequences that a plan names are there until the plan after the next is made, also when they are removed.
  StepPlan plan();

  // After the step: the rows are computed. Appending sampled tokens is the caller's.
  void computed(const StepPlan& plan);

  // Ends sequences; their pages become free: what a step that is under way still writes there comes before what the next
  // one does.
  void remove_if(const std::function<bool(const Sequence&)>& done);

 private:
  struct Prompt { // computed and kept for the next sample
    std::vector<int32_t> tokens, pages;
  };
  size_t n_alive() const { return running_.size() + waiting_.size() + swapped_.size(); }
  void swap_in(StepPlan& plan);
  void admit(StepPlan& plan);
  void fork(Sequence& sequence, StepPlan& plan);
  bool prompt_is_coming(const Sequence& sequence) const;
  bool cover(Sequence& sequence, int32_t positions, StepPlan& plan);
  bool make_room(const Sequence& wanting, StepPlan& plan);
  void drop_prompt();
  bool get_free(int32_t pages);
  bool is_asked(const Prompt& prompt) const;
  void swap_out(size_t index, StepPlan& plan);
  bool any_complete() const;
  int32_t planned_rows(const Sequence& sequence, int32_t& prefill_left) const;
  void add_rows(size_t index, int32_t n, StepPlan& plan) const;
  void keep_prompt(const Sequence& sequence);

  KvPool& pool_;
  const SchedulerLimits limits_;
  std::deque<std::unique_ptr<Sequence>> running_, waiting_, swapped_; // oldest first
  std::deque<Prompt> prompts_;                                        // least recently used first
  std::vector<std::unique_ptr<Sequence>> removed_, removed_before_;   // since the last plan; since the one before
  std::vector<std::unique_ptr<uint8_t[]>> returned_;                  // of swapped-in pages, until they are copied
};

} // namespace proctor
