// SPDX-License-Identifier: MIT
#pragma once

// Judges the gates of a run while it runs, by a sequential test over its finished questions, and says when no more
// samples are needed. docs/gates.md, "Stopping early", says what for and how sure.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "harness/plan.h"
#include "reports/gate.h"

namespace proctor {

class SequentialGates : public Stopper {
 public:
  // planned: with the random order in which questions are asked; the same order is the order of the test. nullptr where
  // some gate is none that can be judged early: all must be non-inferiority of pass@1 against questions that the
  // baseline has, and none in general over questions that share templates.
  static std::unique_ptr<SequentialGates> make(const std::vector<Gate>& gates, const Summary& baseline,
                                               const std::vector<PlannedTask>& planned);

  bool needed(const SampleKey& key) const override;
  void seen(const Grade& grade) override;
  std::map<std::string, int> ended() const override;

  std::vector<SequentialLook> looks() const;

 private:
  struct Answers {
    double base = 0; // the baseline's share
    int planned = 0, seen = 0, n = 0, c = 0;
  };
  // One gate on one task under one grader.
  struct Watch {
    SequentialLook look;
    Gsprt test;
    Gsprt::Sums sums;
    double base_sum = 0;
    std::map<std::string, Answers> questions; // by doc_id; the map's nodes do not move
    std::vector<const Answers*> order;
    size_t next = 0; // of order: all before are in the sums
  };

  bool watch(size_t index, const Gate& gate, const PlannedTask& planned, const TaskSummary& base);
  static void advance(Watch& watch);

  mutable std::mutex mutex_; // guards all
  std::vector<Watch> watches_;
};

} // namespace proctor
