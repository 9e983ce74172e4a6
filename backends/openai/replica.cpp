// SPDX-License-Identifier: MIT
#include "backends/openai/replica.h"

#include <algorithm>
#include <cmath>

namespace proctor {
namespace {

constexpr double kDecrease = 0.7;
constexpr double kFirstPause = 0.5, kLongestPause = 15; // seconds
constexpr double kLongestRetryAfter = 600;

} // namespace

std::chrono::steady_clock::duration in_seconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
}

bool Replica::ready(Time now) const {
  if (now < not_before_) return false;
  return in_flight_ < (left_out() ? 1 : limit()); // one at a time tries whether it is back
}

void Replica::begin() { ++in_flight_; }

void Replica::end(Time begun, Time now, const Ending& ending, double jitter) {
  --in_flight_;
  if (ending.outcome == Outcome::aborted) return;
  if (ending.outcome == Outcome::answered) {
    limit_ = std::min<double>(most_, limit_ + 1 / limit_);
    failures_ = trials_ = 0;
    last_failed_.clear();
    trouble_since_.reset();
    return;
  }
  const bool busy = ending.outcome == Outcome::busy;
  if (!busy) count_failure(ending);
  if ((busy || left_out()) && !trouble_since_) trouble_since_ = now;
  // Requests that were in flight together fail together: that is one sign, not many.
  if (busy && begun >= last_decrease_) {
    limit_ = std::max(1.0, std::floor(limit_ * kDecrease));
    last_decrease_ = now;
  }
  bool alone = busy && limit() == 1; // fewer at a time was not enough
  if (ending.retry_after || alone || left_out()) back_off(now, ending.retry_after, jitter);
}

void Replica::count_failure(const Ending& ending) {
  if (ending.outcome == Outcome::unreachable) failures_ = std::max(failures_, kFailures);
  if (ending.question != last_failed_) ++failures_;
  last_failed_ = ending.question;
}

void Replica::back_off(Time now, std::optional<double> retry_after, double jitter) {
  if (now < not_before_ && !retry_after) return;
  double pause = std::min(kLongestPause, kFirstPause * std::pow(2.0, std::min(trials_, 10))) * (0.5 + 0.5 * jitter);
  ++trials_;
  if (retry_after) pause = std::min(*retry_after, kLongestRetryAfter) + 0.1 * jitter;
  not_before_ = std::max(not_before_, now + in_seconds(pause));
}

double Replica::trouble_until_ready() const {
  return trouble_since_ ? std::chrono::duration<double>(not_before_ - *trouble_since_).count() : 0;
}

bool Replica::hopeless(Time now, double seconds) const {
  return trouble_since_ && in_flight_ == 0 && std::chrono::duration<double>(now - *trouble_since_).count() >= seconds;
}

} // namespace proctor
