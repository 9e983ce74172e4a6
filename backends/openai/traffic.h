// SPDX-License-Identifier: MIT
#pragma once

// What went over the wire, for the log: requests, failures by kind, latency and time to first token. Thread-safe.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/completion.h"
#include "harness/json.h"

namespace proctor {

class Traffic {
 public:
  void sent();
  void failed(const std::string& kind); // "busy", "failed", "unreachable", "refused"
  void answered(const Completion& completion);
  void concurrency(int most_at_once, double seconds);

  // Empty when nothing was sent. Times in seconds; tokens per second over the whole session.
  Json summary() const;

 private:
  mutable std::mutex mutex_;
  size_t requests_ = 0, samples_ = 0;
  std::map<std::string, size_t> failures_;
  std::vector<float> seconds_, ttft_;
  int64_t completion_tokens_ = 0;
  int most_at_once_ = 0;
  double session_seconds_ = 0;
};

} // namespace proctor
