// SPDX-License-Identifier: MIT
#pragma once

// The question before all questions: is a server there, does it let us in, does it have the model?

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "backends/openai/settings.h"

namespace proctor {

// Asks one replica for its list of models, on a thread of its own from construction on.
class ReplicaProbe {
 public:
  struct Finding {
    Status refusal;
    std::string trouble; // why there was no answer; empty: there was
  };

  ReplicaProbe(const EndpointSettings& settings, const HttpTarget& target); // borrows
  ~ReplicaProbe();                                                          // ends the question
  ReplicaProbe(const ReplicaProbe&) = delete;
  ReplicaProbe& operator=(const ReplicaProbe&) = delete;

  const HttpTarget& target() const { return target_; }

  // Waits for the answer until so long after the question, or until nobody wants it. Once.
  Finding finding(double seconds, const std::function<bool()>& wanted);

 private:
  Finding ask();
  void end();

  const EndpointSettings& settings_;
  const HttpTarget& target_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  HttpConnection connection_;
  std::mutex mutex_; // guards the two below
  std::condition_variable answered_;
  std::optional<Finding> found_;
  std::jthread thread_;
};

using ReplicaProbes = std::vector<std::unique_ptr<ReplicaProbe>>;

// One for each replica, all at once.
ReplicaProbes ask_replicas(const EndpointSettings& settings);

// Every replica is to answer one of the probes, or, where these are in vain or there are none, later ones. A server
// that cannot be reached is told about within a second and tried for `seconds`. On failure: a usage error with the
// server's words, or an infrastructure error. Servers that have no list of models pass. When it is no longer wanted
// this returns, too.
Status preflight(const EndpointSettings& settings, ReplicaProbes probes, double seconds, const std::function<bool()>& wanted);

} // namespace proctor
