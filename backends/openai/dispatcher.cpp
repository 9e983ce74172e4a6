// SPDX-License-Identifier: MIT
#include "backends/openai/dispatcher.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/say.h"

namespace proctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{250};             // between two looks at whether it is still wanted
constexpr double kLongWait = 5;                             // seconds
constexpr double kFirstBackoff = 0.5, kLongestBackoff = 20; // seconds

} // namespace

Dispatcher::Dispatcher(std::vector<std::string> names, int most_in_flight, double at_start, double retry_for)
    : most_(most_in_flight), at_start_(at_start), retry_for_(retry_for) {
  for (std::string& name : names) members_.push_back({std::move(name), Replica(most_in_flight), false});
}

Dispatcher::Member* Dispatcher::ready_member(Replica::Time now) {
  Member* best = nullptr;
  if (in_flight_ >= most_) return nullptr;
  for (Member& member : members_)
    if (member.replica.ready(now) && (best == nullptr || member.replica.in_flight() < best->replica.in_flight()))
      best = &member;
  return best;
}

// When time alone may make a replica ready.
Replica::Time Dispatcher::next_look(Replica::Time now) const {
  Replica::Time next = now + kLook;
  for (const Member& member : members_)
    if (member.replica.ready_at() > now) next = std::min(next, member.replica.ready_at());
  return next;
}

std::optional<Slot> Dispatcher::acquire(const Wanted& wanted) {
  std::unique_lock lock(mutex_);
  for (;;) {
    auto now = Clock::now();
    if (!status_ || !wanted()) return std::nullopt;
    if (Member* member = ready_member(now)) {
      member->replica.begin();
      most_at_once_ = std::max(most_at_once_, ++in_flight_);
      if (ready_member(now) != nullptr) room_.notify_one(); // a raised limit makes room for more than one
      return Slot{static_cast<size_t>(member - members_.data()), now};
    }
    room_.wait_until(lock, next_look(now));
  }
}

void Dispatcher::release(const Slot& slot, const Ending& ending) {
  std::lock_guard lock(mutex_);
  --in_flight_;
  auto now = Clock::now();
  Member& member = members_[slot.replica];
  double jitter = std::uniform_real_distribution<>()(random_);
  member.replica.end(slot.begun, now, ending, jitter);
  account(member, now, ending);
  room_.notify_one();
}

void Dispatcher::account(Member& member, Replica::Time now, const Ending& ending) {
  if (ending.outcome == Outcome::answered) answered_ = true;
  tell(member, ending);
  double patience = answered_ ? retry_for_ : at_start_;
  auto hopeless = [&](const Member& other) { return other.replica.hopeless(now, patience); };
  auto too_long = [&](const Member& other) { return other.replica.in_flight() == 0 && other.replica.trouble_until_ready() > retry_for_; };
  if (ending.retry_after && std::all_of(members_.begin(), members_.end(), too_long))
    end_run(infrastructure_error(fmt::format(
        "{}; to wait as it asks would make it {:.0f} s without an answer, and --retry-for is {:.0f}; the same command resumes",
        ending.why, member.replica.trouble_until_ready(), retry_for_)));
  if (ending.outcome != Outcome::answered && std::all_of(members_.begin(), members_.end(), hopeless))
    end_run(infrastructure_error(fmt::format(
        "{}; no answer for {:.0f} s (--retry-for waits longer); the same command resumes", ending.why, patience)));
  if (status_) tell_wait(member, now, ending);
}

// A replica that is left out, and one that is back, are worth a line each.
void Dispatcher::tell(Member& member, const Ending& ending) {
  bool out = member.replica.left_out();
  if (out == member.was_out) return;
  member.was_out = out;
  if (out)
    say(fmt::format("note: left out for now: {}", ending.why));
  else
    say(fmt::format("note: {} is back", member.name));
}

// A long pause that a server asks for is worth a line.
void Dispatcher::tell_wait(Member& member, Replica::Time now, const Ending& ending) {
  const double seconds = std::chrono::duration<double>(member.replica.ready_at() - now).count();
  if (!ending.retry_after || seconds < kLongWait || now < member.told_until) return;
  member.told_until = member.replica.ready_at();
  say(fmt::format("note: {}; waiting for {:.0f} s, as it asks", ending.why, seconds));
}

bool Dispatcher::pause(double seconds, const Wanted& wanted) {
  const auto until = Clock::now() + in_seconds(seconds);
  std::unique_lock lock(mutex_);
  while (status_ && wanted() && Clock::now() < until) ended_.wait_until(lock, std::min(until, Clock::now() + kLook));
  return status_ && wanted();
}

double Dispatcher::backoff(int failures) {
  std::lock_guard lock(mutex_);
  double most = std::min(kLongestBackoff, kFirstBackoff * std::pow(2.0, std::clamp(failures - 1, 0, 10)));
  return std::uniform_real_distribution<>(0.1 * most, most)(random_);
}

void Dispatcher::end_run(Error error) {
  if (status_) status_ = std::move(error);
  room_.notify_all();
  ended_.notify_all();
}

void Dispatcher::fail(Error error) {
  std::lock_guard lock(mutex_);
  end_run(std::move(error));
}

Status Dispatcher::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

int Dispatcher::most_at_once() const {
  std::lock_guard lock(mutex_);
  return most_at_once_;
}

} // namespace proctor
