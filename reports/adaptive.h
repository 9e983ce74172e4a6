// SPDX-License-Identifier: MIT
#pragma once

// Adaptive sampling within a question: samples stop when they can no longer change what most of them answer
// (docs/statistics.md, "Adaptive sampling"). The rule, and the Stopper that applies it to a run.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/plan.h"
#include "reports/votes.h"

namespace proctor {

// Without a confidence a question stops only when none of its other samples can change the winner. With one, also when
// the leader is the likelier of the two answers with most votes with that probability: Aggarwal et al. 2023, "Let's
// Sample Step by Step", arXiv 2305.11860. 0.5 < confidence < 1.
struct AdaptiveRule {
  std::optional<double> confidence;

  // The fewest further samples after which the vote can be settled; 0: it is; all of them: not even these need do.
  // n: samples that are counted, of those planned.
  int missing(int leader, int runner_up, int n, int planned) const;
  // So many samples of a question are taken whatever they say, with a confidence never more than without. Only these are a
  // fair sample of it, for a question stops because one of its answers is ahead.
  int prefix(int planned) const;
};

// P(p > 1/2) for p ~ Beta(leader + 1, runner_up + 1): that of two answers the one with more votes is the likelier.
double lead_probability(int leader, int runner_up);

// How a run takes the samples of one task; the entry "adaptive" of the task's plan in run.json.
struct AdaptivePlan {
  AdaptiveRule rule;
  int prefix = 0; // of every question
};
Json to_json(const AdaptivePlan& plan);
std::optional<AdaptivePlan> adaptive_of(const Json& plan); // nullopt where every sample is taken

// How one session, or all so far, took the samples of a task.
struct SessionPlan {
  int n_samples = 0; // of every question at most
  std::optional<AdaptivePlan> adaptive;
};
// What holds while a session goes on after others: the samples that all questions have whatever they say, and the rule.
// held: whether each question, asked before or now, has its first n samples already.
std::optional<AdaptivePlan> plan_after(const SessionPlan& before, const SessionPlan& now, const std::function<bool(int n)>& held);
// What holds of a run with the plan `all` when a session that asked all its questions has come to its end: each has what
// that session takes in any case.
std::optional<AdaptivePlan> plan_of_ended(const SessionPlan& all, const SessionPlan& ended);

// Takes the samples of a question in rounds: after each, as many more as could settle the vote at best, so that none is
// taken in vain and which are taken depends on what they say alone. A question is done when every grader's vote is
// settled; one whose grader names no answers takes all its samples. Thread-safe.
class VoteStopper : public Stopper {
 public:
  // Borrows the graders of the planned tasks, whose samples must be numbered from 0.
  VoteStopper(AdaptiveRule rule, const std::vector<PlannedTask>& planned);

  bool needed(const SampleKey& key) const override; // false: the vote is settled without it
  bool ready(const SampleKey& key) const override;
  void seen(const Grade& grade) override;

 private:
  // What one grader has said of one question.
  struct Poll {
    const Grader* grader = nullptr;
    std::vector<int> votes;         // by sample: an index into keys, or one of the marks in adaptive.cpp
    std::map<std::string, int> ids; // of vote keys
    std::vector<const std::string*> keys;
    std::vector<std::string> texts; // an answer with that key
    int n_first = 0;                // samples below this have been seen

    int id_of(const std::string& key, std::string answer);
  };
  struct Ask {
    std::mutex mutex; // guards what changes
    int planned = 0;
    int allowed = 0; // samples below this are to be taken
    bool settled = false;
    std::map<std::string, Poll, std::less<>> polls; // by slot
  };

  Ask* find(const SampleKey& key) const; // nullptr: not planned
  int missing(const Poll& poll, int n) const;
  void advance(Ask& ask) const;

  const AdaptiveRule rule_;
  std::map<std::string, std::map<std::string, std::unique_ptr<Ask>>> asks_; // by task, doc_id; the maps do not change
};

} // namespace proctor
