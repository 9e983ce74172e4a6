// SPDX-License-Identifier: MIT
#include "reports/sequential.h"

#include <algorithm>

#include "reports/compare.h"

namespace proctor {
namespace {

// A drop that is not the margin's, or in general over clustered questions, is not what the test tests.
bool can_be_watched(const Gate& gate, const SlotSummary& base) {
  if (gate.kind != GateKind::non_inferior || gate.metric != "pass@1" || gate.warn_margin > 0 || gate.min_drop) return false;
  const bool clustered = std::ranges::any_of(base.questions, [](const QuestionRow& row) { return !row.cluster.empty(); });
  return gate.scope == GateScope::fixed || !clustered;
}

} // namespace

std::unique_ptr<SequentialGates> SequentialGates::make(const std::vector<Gate>& gates, const Summary& baseline,
                                                       const std::vector<PlannedTask>& planned) {
  auto made = std::make_unique<SequentialGates>();
  for (size_t i = 0; i < gates.size(); ++i) {
    bool any = false;
    for (const PlannedTask& task : planned) {
      if (!matches(gates[i].task, task.task->name)) continue;
      const TaskSummary* base = find_task(baseline, task.task->name);
      if (base == nullptr || !made->watch(i, gates[i], task, *base)) return nullptr;
      any = true;
    }
    if (!any) return nullptr;
  }
  // Several gates are several chances of failing an unchanged model.
  for (Watch& watch : made->watches_) {
    watch.test.beta = watch.test.beta / static_cast<double>(made->watches_.size());
    watch.look.lower = watch.test.lower(), watch.look.upper = watch.test.upper();
  }
  return made;
}

bool SequentialGates::watch(size_t index, const Gate& gate, const PlannedTask& planned, const TaskSummary& base) {
  for (const auto& grader : planned.task->graders) {
    const std::string slot(grader->slot());
    if (!gate.grader.empty() && gate.grader != slot) continue;
    const SlotSummary* base_slot = find_slot(base, slot);
    if (base_slot == nullptr || !can_be_watched(gate, *base_slot)) return false;
    std::map<std::string_view, const QuestionRow*> known;
    for (const QuestionRow& row : base_slot->questions)
      if (row.n > 0) known.emplace(row.doc_id, &row);
    Watch& watch = watches_.emplace_back();
    watch.look.gate = index, watch.look.task = planned.task->name, watch.look.slot = slot;
    watch.look.n_planned = static_cast<int>(planned.samples.size());
    watch.test = {gate.margin, gate.alpha, gate.alpha};
    for (size_t turn = 0; turn < planned.samples.size(); ++turn) {
      const size_t q = planned.question(turn);
      const std::string& doc_id = planned.task->questions[q].doc_id;
      auto row = known.find(doc_id);
      if (row == known.end()) return false;
      const double share = double(row->second->c) / row->second->n;
      watch.order.push_back(&(watch.questions[doc_id] = {share, planned.samples[q], 0, 0, 0}));
    }
  }
  return true;
}

// Takes in what is finished, in the order of the test: the order of finishing would put easy questions first.
void SequentialGates::advance(Watch& watch) {
  SequentialLook& look = watch.look;
  for (; look.state == Gsprt::State::running && watch.next < watch.order.size(); ++watch.next) {
    const Answers& question = *watch.order[watch.next];
    if (question.seen < question.planned) return;
    if (question.n == 0) continue; // nothing could be graded
    watch.sums.add(double(question.c) / question.n - question.base);
    watch.base_sum += question.base;
    look.n = watch.sums.n;
    look.base = watch.base_sum / look.n;
    look.cand = look.base + watch.sums.sum / look.n;
    look.llr = watch.test.llr(watch.sums);
    look.state = watch.test.state(watch.sums);
  }
}

void SequentialGates::seen(const Grade& grade) {
  std::lock_guard lock(mutex_);
  for (Watch& watch : watches_) {
    if (watch.look.task != grade.key.task || watch.look.slot != grade.grader) continue;
    auto question = watch.questions.find(grade.key.doc_id);
    if (question == watch.questions.end()) continue;
    Answers& answers = question->second;
    ++answers.seen;
    answers.n += in_denominator(grade.verdict);
    answers.c += grade.verdict == Verdict::correct;
    advance(watch);
  }
}

// One regression decides the whole; else a task is done when its own gates are.
bool SequentialGates::needed(const SampleKey& key) const {
  std::lock_guard lock(mutex_);
  bool undecided = false, watched = false;
  for (const Watch& watch : watches_) {
    if (watch.look.state == Gsprt::State::dropped) return false;
    if (watch.look.task != key.task) continue;
    watched = true;
    undecided |= watch.look.state == Gsprt::State::running;
  }
  return undecided || !watched;
}

std::map<std::string, int> SequentialGates::ended() const {
  std::map<std::string, int> ended;
  std::lock_guard lock(mutex_);
  const bool dropped = std::ranges::any_of(watches_, [](const Watch& watch) { return watch.look.state == Gsprt::State::dropped; });
  for (const Watch& watch : watches_) ended[watch.look.task] = std::max(ended[watch.look.task], watch.look.n);
  for (const Watch& watch : watches_) {
    const bool runs = watch.look.state == Gsprt::State::running && !dropped;
    if (runs || watch.look.n >= watch.look.n_planned) ended.erase(watch.look.task);
  }
  return ended;
}

std::vector<SequentialLook> SequentialGates::looks() const {
  std::lock_guard lock(mutex_);
  std::vector<SequentialLook> looks;
  for (const Watch& watch : watches_) looks.push_back(watch.look);
  return looks;
}

} // namespace proctor
