// SPDX-License-Identifier: MIT
#pragma once

// Stops a run before it costs or takes more than it may: a Meter of what the session has spent, and a WorkSource that
// hands out no work that would pass the limit. What is being generated when money runs out is finished, for it is paid
// already; when time runs out it is dropped.

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <set>

#include "harness/backend.h"
#include "harness/runner.h"
#include "reports/pricing.h"

namespace proctor {

struct SpendingLimits {
  std::optional<double> usd;
  std::optional<double> seconds;
};

enum class LimitReached { none, budget, time };

// Counts what samples cost as they arrive. Thread-safe. Attempts that do not say what they used cost nothing here.
class Meter {
 public:
  // max_tokens: of one answer, for the dearest case while nothing is known of the real ones. cores: of the host, for a
  // price by core hours.
  Meter(Pricing pricing, SpendingLimits limits, int max_tokens, int cores);

  bool allows_another(); // and counts it as started when it does
  void not_started();    // takes that back: there was no work left
  void started(const SampleKey& key);
  void dropped(const SampleKey& key); // is wanted no more, and will not finish; as often as one likes
  void nothing_runs();                // what was started and did not finish never will
  void finished(const SampleKey& key, const Usage& usage);
  void charged(const Usage& usage); // a failed attempt at a sample that is still under way
  bool allows_retry();              // false when all is spent

  bool time_is_over() const;
  std::optional<double> spent() const; // USD of this session so far; nullopt where nothing has a price
  LimitReached reached() const;        // why allows_another() last said no

 private:
  double spent_now() const; // with the mutex held
  void add(const Usage& usage); // likewise
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

  const Pricing pricing_;
  const SpendingLimits limits_;
  const double dearest_; // USD of one answer of max_tokens; 0: not known
  const int cores_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_; // guards the rest
  double usd_ = 0, largest_ = 0;
  std::set<SampleKey> running_;
  size_t n_starting_ = 0, n_finished_ = 0; // allowed, and not yet known by a key
  bool any_price_ = false;
  LimitReached reached_ = LimitReached::none;
};

// Borrows both, which must outlive it.
class LimitedSource : public WorkSource {
 public:
  LimitedSource(WorkSource& inner, Meter& meter) : inner_(inner), meter_(meter) {}

  std::optional<WorkItem> next() override;
  bool wanted(const SampleKey& key) const override;
  void seen(const Grade& grade) override { inner_.seen(grade); }
  bool answered_before() const override { return inner_.answered_before(); }
  bool allows_retry() override { return meter_.allows_retry() && inner_.allows_retry(); }

 private:
  WorkSource& inner_;
  Meter& meter_;
};

} // namespace proctor
