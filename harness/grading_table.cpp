// SPDX-License-Identifier: MIT
#include "harness/grading_table.h"

namespace proctor {

const GradingTable::Entry* GradingTable::find(const SampleKey& key) const {
  auto task = entries_.find(key.task);
  if (task == entries_.end()) return nullptr;
  auto question = task->second.find(key.doc_id);
  return question == task->second.end() ? nullptr : &question->second;
}

bool GradingTable::holds(const Grade& grade) const {
  const Entry* entry = find(grade.key);
  if (entry == nullptr || entry->question->target != grade.target) return false;
  for (const auto& grader : *entry->graders)
    if (grader->slot() == grade.grader) return grader->fingerprint() == grade.fingerprint;
  return false;
}

} // namespace proctor
