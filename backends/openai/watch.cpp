// SPDX-License-Identifier: MIT
#include "backends/openai/watch.h"

#include <algorithm>

namespace proctor {
namespace {

constexpr std::chrono::milliseconds kInterval{50};

double seconds_between(int64_t from, int64_t to) {
  return std::chrono::duration<double>(std::chrono::steady_clock::duration(to - from)).count();
}

} // namespace

double total_patience(double first, int max_tokens) { return first + static_cast<double>(max_tokens); }

double Flight::seconds() const { return seconds_between(begun_, now_ns()); }

Stopped Flight::verdict(const WorkSource& source, int64_t now) const {
  if (!source.wanted(key_)) return Stopped::unwanted;
  int64_t life = last_life_.load(std::memory_order_relaxed);
  if (seconds_between(begun_, now) > patience_.total) return Stopped::too_long;
  if (life == 0 && seconds_between(begun_, now) > patience_.first) return Stopped::no_start;
  if (life != 0 && seconds_between(life, now) > patience_.idle) return Stopped::silent;
  return Stopped::no;
}

Watch::Watch(const WorkSource& source) : source_(source) {
  thread_ = std::jthread([this](std::stop_token done) { look(done); });
}

Watch::~Watch() = default;

void Watch::look(std::stop_token done) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, done, kInterval, [] { return false; }) && !done.stop_requested()) {
    int64_t now = Flight::now_ns();
    for (Flight* flight : flights_) {
      if (cancelled_.load()) flight->stopped_.store(Stopped::unwanted);
      if (flight->stopped() == Stopped::no) flight->stopped_.store(flight->verdict(source_, now));
      if (flight->stopped() != Stopped::no) flight->connection_.abort(); // again, should it have been connecting
    }
  }
}

Watch::Guard::Guard(Watch& watch, Flight& flight) : watch_(watch), flight_(flight) {
  std::lock_guard lock(watch_.mutex_);
  watch_.flights_.push_back(&flight_);
}

Watch::Guard::~Guard() {
  std::lock_guard lock(watch_.mutex_);
  auto at = std::find(watch_.flights_.begin(), watch_.flights_.end(), &flight_);
  *at = watch_.flights_.back();
  watch_.flights_.pop_back();
}

} // namespace proctor
