// SPDX-License-Identifier: MIT
#pragma once

// How one replica fares: how many requests it may have in flight, whether it is left out, when it is tried again. A
// pure function of what happened when; the times are the caller's.

#include <chrono>
#include <optional>
#include <string>

namespace proctor {

enum class Outcome {
  answered,    // any answer that is the server's to give: a completion, a refusal of this one request
  busy,        // 429 or 503: there is too much of us
  failed,      // 5xx, cut, silent, not an answer
  unreachable, // no connection
  aborted,     // by us
};

// How one exchange ended, for the replica's account.
struct Ending {
  Outcome outcome = Outcome::answered;
  std::optional<double> retry_after; // seconds that the server asked us to wait
  std::string why;                   // for people; empty when answered
  std::string question;              // which was asked
};

std::chrono::steady_clock::duration in_seconds(double seconds);

class Replica {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Replica(int most_in_flight) : limit_(most_in_flight), most_(most_in_flight) {}

  // May a request be sent now? If not, ready_at() says when to look again at the latest, apart from answers.
  bool ready(Time now) const;
  Time ready_at() const { return not_before_; }
  int in_flight() const { return in_flight_; }

  void begin();
  // One request has ended. begun: when it was sent. jitter: a random number from 0 to 1.
  void end(Time begun, Time now, const Ending& ending, double jitter);

  // Additive increase, multiplicative decrease (Chiu and Jain 1989): how many may be in flight.
  int limit() const { return static_cast<int>(limit_); }

  bool left_out() const { return failures_ >= kFailures; }

  // Left out or too busy without a single answer for that long, and nothing is in flight that could still answer.
  bool hopeless(Time now, double seconds) const;

  // So long without an answer it will have been, at the least, when it may be asked again; 0: no trouble.
  double trouble_until_ready() const;

 private:
  static constexpr int kFailures = 5; // in a row, until the replica is left out
  void count_failure(const Ending& ending);
  void back_off(Time now, std::optional<double> retry_after, double jitter);

  double limit_;
  const int most_;
  int in_flight_ = 0;
  int failures_ = 0; // in a row; those of one question in a row are one: the question may be at fault
  std::string last_failed_;
  int trials_ = 0; // since it was left out or told us to wait
  Time not_before_{};
  Time last_decrease_{};
  std::optional<Time> trouble_since_;
};

} // namespace proctor
