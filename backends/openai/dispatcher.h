// SPDX-License-Identifier: MIT
#pragma once

// Who may send a request now, and to which replica: the least loaded one that is ready. Thread-safe.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "backends/openai/replica.h"
#include "harness/result.h"

namespace proctor {

struct Slot {
  size_t replica = 0;
  Replica::Time begun;
};

using Wanted = std::function<bool()>; // false: what is waited for is not wanted any more

class Dispatcher {
 public:
  // names: of the replicas, for messages. retry_for: seconds without a single answer after which the run ends;
  // at_start: the same before the first answer.
  Dispatcher(std::vector<std::string> names, int most_in_flight, double at_start, double retry_for);

  // Waits until some replica is ready; nullopt: not wanted, or the run is over.
  std::optional<Slot> acquire(const Wanted& wanted);
  void release(const Slot& slot, const Ending& ending);

  // Waits so long. False: not wanted, or the run is over.
  bool pause(double seconds, const Wanted& wanted);

  // A random pause before the attempt that follows `failures` failed ones, in seconds ("full jitter").
  double backoff(int failures);

  void fail(Error error); // the run is over for this reason; the first one counts
  Status status() const;
  int most_at_once() const; // requests in flight, at their highest

 private:
  struct Member {
    std::string name;
    Replica replica;
    bool was_out = false;
    Replica::Time told_until{}; // up to when people know that it makes us wait
  };
  Member* ready_member(Replica::Time now);
  Replica::Time next_look(Replica::Time now) const;
  void account(Member& member, Replica::Time now, const Ending& ending);
  void tell(Member& member, const Ending& ending);
  void tell_wait(Member& member, Replica::Time now, const Ending& ending);
  void end_run(Error error);

  mutable std::mutex mutex_;
  std::condition_variable room_, ended_; // ended_: for pauses
  std::vector<Member> members_;
  const int most_;
  const double at_start_, retry_for_;
  bool answered_ = false;
  int in_flight_ = 0, most_at_once_ = 0;
  Status status_;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace proctor
