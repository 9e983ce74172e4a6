// SPDX-License-Identifier: MIT
#pragma once

// What one process grades: its questions and their tasks' graders. Decides which logged grades still hold.

#include <string>
#include <unordered_map>

#include "harness/task.h"

namespace proctor {

// Borrows the tasks. Immutable after filling: concurrent find() is fine.
class GradingTable {
 public:
  struct Entry {
    const Question* question;
    const Graders* graders;
  };
  void add(const Task& task, const Question& question) {
    entries_[task.name][question.doc_id] = {&question, &task.graders};
  }

  const Entry* find(const SampleKey& key) const; // nullptr: not of this process

  // Made by the current version of its grader, against the current reference. Others are graded again.
  bool holds(const Grade& grade) const;

 private:
  std::unordered_map<std::string, std::unordered_map<std::string, Entry>> entries_;
};

} // namespace proctor
