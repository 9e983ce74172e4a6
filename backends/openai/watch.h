// SPDX-License-Identifier: MIT
#pragma once

// Watches requests in flight and ends those that nobody wants any more, that went silent, or that take too long. It
// looks several times a second; a blocking read has no other way out.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "backends/openai/http.h"
#include "harness/backend.h"

namespace proctor {

struct Patience {
  double first = 600; // seconds until the first sign of life of an answer: servers queue
  double idle = 60;   // seconds between two of them in a stream
  double total = 0;   // seconds for the whole
  bool operator==(const Patience&) const = default;
};

// The last resort against an answer that trickles for ever: one token a second, after the longest wait.
double total_patience(double first, int max_tokens);

enum class Stopped { no, unwanted, no_start, silent, too_long };

// One request in flight.
class Flight {
 public:
  Flight(HttpConnection& connection, SampleKey key, Patience patience)
      : connection_(connection), key_(std::move(key)), patience_(patience) {}

  void alive() { last_life_.store(now_ns(), std::memory_order_relaxed); } // bytes of an answer came
  Stopped stopped() const { return stopped_.load(); }
  double seconds() const; // since it was sent

 private:
  friend class Watch;
  static int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
  Stopped verdict(const WorkSource& source, int64_t now) const;

  HttpConnection& connection_;
  const SampleKey key_;
  const Patience patience_;
  const int64_t begun_ = now_ns();
  std::atomic<int64_t> last_life_{0}; // 0: none yet
  std::atomic<Stopped> stopped_{Stopped::no};
};

class Watch {
 public:
  explicit Watch(const WorkSource& source);
  ~Watch();

  void cancel() { cancelled_.store(true); } // all flights, now and later

  // While a guard lives the flight is watched; borrows it.
  class Guard {
   public:
    Guard(Watch& watch, Flight& flight);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Watch& watch_;
    Flight& flight_;
  };

 private:
  void look(std::stop_token done);
  const WorkSource& source_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Flight*> flights_;
  std::jthread thread_;
};

} // namespace proctor
