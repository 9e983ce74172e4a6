// SPDX-License-Identifier: MIT
#include "reports/adaptive.h"

#include <algorithm>

#include "harness/json.h"
#include "reports/distributions.h"

namespace proctor {
namespace {

constexpr int kUnseen = -1, kFailed = -2, kSilent = -3; // in place of a vote

// A confidence may be reached by the first few that agree by chance.
constexpr int kLeastWithConfidence = 8;

// Where every question has every sample there is nothing to tell apart.
std::optional<AdaptivePlan> unless_whole(std::optional<AdaptivePlan> plan, int n_samples) {
  if (plan && plan->prefix >= n_samples) plan.reset();
  return plan;
}

} // namespace

double lead_probability(int leader, int runner_up) { return 1 - beta_cdf(0.5, leader + 1.0, runner_up + 1.0); }

int AdaptiveRule::missing(int leader, int runner_up, int n, int planned) const {
  const int left = std::max(0, planned - n);
  const auto settled = [&](int more) {
    if (leader + more - runner_up > left - more) return true;
    if (!confidence || n + more < kLeastWithConfidence) return false;
    return leader + more > runner_up && lead_probability(leader + more, runner_up) >= *confidence;
  };
  int more = 0;
  while (more < left && !settled(more)) ++more;
  return more;
}

int AdaptiveRule::prefix(int planned) const { return missing(0, 0, 0, planned); }

Json to_json(const AdaptivePlan& plan) {
  Json json = {{"prefix", plan.prefix}};
  if (plan.rule.confidence) json["confidence"] = *plan.rule.confidence;
  return json;
}

std::optional<AdaptivePlan> adaptive_of(const Json& plan) {
  const Json* json = find_member(plan, "adaptive");
  const auto prefix = json == nullptr ? std::nullopt : get_int(*json, "prefix");
  if (!prefix || *prefix < 1 || *prefix > 1'000'000) return std::nullopt;
  AdaptivePlan read{{}, static_cast<int>(*prefix)};
  if (auto confidence = get_number(*json, "confidence"); confidence && *confidence > 0.5 && *confidence < 1) read.rule.confidence = confidence;
  return read;
}

std::optional<AdaptivePlan> plan_after(const SessionPlan& before, const SessionPlan& now, const std::function<bool(int n)>& held) {
  std::optional<AdaptivePlan> plan = now.adaptive;
  if (before.n_samples > 0 && held(before.n_samples)) { // nothing is left out
    if (plan) plan->prefix = std::max(plan->prefix, before.n_samples);
  } else if (before.adaptive) {
    const int old = before.adaptive->prefix;
    // A smaller plan takes none of those that a larger one has taken already. A larger one has to take its own first.
    if (!plan || (plan->prefix <= old && held(old))) plan = before.adaptive;
    else plan->prefix = std::min(plan->prefix, old);
  }
  return unless_whole(plan, std::max(before.n_samples, now.n_samples));
}

std::optional<AdaptivePlan> plan_of_ended(const SessionPlan& all, const SessionPlan& ended) {
  std::optional<AdaptivePlan> plan = all.adaptive;
  if (plan) plan->prefix = std::max(plan->prefix, ended.adaptive ? ended.adaptive->prefix : ended.n_samples);
  return unless_whole(plan, all.n_samples);
}

VoteStopper::VoteStopper(AdaptiveRule rule, const std::vector<PlannedTask>& planned) : rule_(rule) {
  for (const PlannedTask& task : planned)
    for (size_t q = 0; q < task.samples.size(); ++q) {
      auto& place = asks_[task.task->name][task.task->questions[q].doc_id];
      place = std::make_unique<Ask>();
      Ask& ask = *place;
      ask.planned = task.samples[q];
      ask.allowed = rule_.prefix(ask.planned);
      for (const auto& grader : task.task->graders) {
        Poll& poll = ask.polls[std::string(grader->slot())];
        poll.grader = grader.get();
        poll.votes.assign(static_cast<size_t>(ask.planned), kUnseen);
      }
    }
}

VoteStopper::Ask* VoteStopper::find(const SampleKey& key) const {
  const auto task = asks_.find(key.task);
  if (task == asks_.end()) return nullptr;
  const auto question = task->second.find(key.doc_id);
  return question == task->second.end() ? nullptr : question->second.get();
}

bool VoteStopper::needed(const SampleKey& key) const {
  Ask* ask = find(key);
  if (ask == nullptr) return true;
  std::lock_guard lock(ask->mutex);
  return key.sample_idx < ask->allowed || !ask->settled;
}

bool VoteStopper::ready(const SampleKey& key) const {
  Ask* ask = find(key);
  if (ask == nullptr) return true;
  std::lock_guard lock(ask->mutex);
  return key.sample_idx < ask->allowed;
}

// The text of a key is the smallest of its answers, whichever comes first.
int VoteStopper::Poll::id_of(const std::string& key, std::string answer) {
  const auto [found, fresh] = ids.try_emplace(key, static_cast<int>(ids.size()));
  const int id = found->second;
  if (fresh) keys.push_back(&found->first), texts.push_back(std::move(answer));
  else if (std::string& text = texts[static_cast<size_t>(id)]; answer < text) text = std::move(answer);
  return id;
}

// How far the vote of the first n samples is from being settled.
int VoteStopper::missing(const Poll& poll, int n) const {
  std::vector<Ballot> ballots;
  for (size_t id = 0; id < poll.keys.size(); ++id) ballots.push_back({*poll.keys[id], poll.texts[id], 0, 0});
  int n_counted = 0;
  for (const int vote : std::span(poll.votes).first(static_cast<size_t>(n))) {
    n_counted += vote != kFailed; // that one may be asked again
    if (vote >= 0) ++ballots[static_cast<size_t>(vote)].n;
  }
  std::erase_if(ballots, [](const Ballot& ballot) { return ballot.n == 0; });
  const Classes classes = form_classes(std::move(ballots), poll.grader);
  const auto [leader, runner_up] = first_two(classes);
  return rule_.missing(leader, runner_up, n_counted, static_cast<int>(poll.votes.size()));
}

void VoteStopper::advance(Ask& ask) const {
  while (!ask.settled && std::ranges::all_of(ask.polls, [&](const auto& poll) { return poll.second.n_first >= ask.allowed; })) {
    int more = 0;
    for (const auto& [slot, poll] : ask.polls) more = std::max(more, missing(poll, ask.allowed));
    ask.settled = more == 0 || ask.allowed == ask.planned;
    ask.allowed = std::min(ask.planned, ask.allowed + more);
  }
}

void VoteStopper::seen(const Grade& grade) {
  Ask* ask = find(grade.key);
  if (ask == nullptr || grade.key.sample_idx < 0 || grade.key.sample_idx >= ask->planned) return;
  const auto found = ask->polls.find(grade.grader);
  if (found == ask->polls.end()) return;
  std::lock_guard lock(ask->mutex);
  Poll& poll = found->second;
  int& vote = poll.votes[static_cast<size_t>(grade.key.sample_idx)];
  if (vote != kUnseen) return;
  vote = in_denominator(grade.verdict) ? kSilent : kFailed;
  if (grade.vote_key && is_vote(grade.verdict)) vote = poll.id_of(*grade.vote_key, grade.answer.value_or(*grade.vote_key));
  while (poll.n_first < ask->planned && poll.votes[static_cast<size_t>(poll.n_first)] != kUnseen) ++poll.n_first;
  advance(*ask);
}

} // namespace proctor
