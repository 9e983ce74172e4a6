// SPDX-License-Identifier: MIT
#pragma once

// While one lives, SIGINT and SIGTERM wait. Threads that the caller starts meanwhile inherit that and never take them,
// so that a SignalWatch (signal_watch.h) that is made later does, and not one of these threads in its place.

#include <csignal>
#include <initializer_list>

namespace proctor {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGINT, SIGTERM}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

} // namespace proctor
