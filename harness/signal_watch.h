// SPDX-License-Identifier: MIT
#pragma once

// Turns SIGINT and SIGTERM into a stop request: the first asks the run to stop cleanly, the second ends the process
// at once. Make one in main's thread; threads that are there before must have been started under SignalsBlocked
// (signals_blocked.h). Child processes inherit a blocked mask and must restore it.

#include <atomic>
#include <stop_token>
#include <thread>

#include "harness/exit_code.h"

namespace proctor {

class SignalWatch {
 public:
  explicit SignalWatch(std::stop_source stop);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // ok while no signal came, else interrupted or terminated.
  ExitCode exit_code() const { return code_.load(); }

 private:
  void watch();
  std::stop_source stop_;
  std::atomic<ExitCode> code_{ExitCode::ok};
  std::thread thread_;
};

} // namespace proctor
