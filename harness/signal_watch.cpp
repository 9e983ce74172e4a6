// SPDX-License-Identifier: MIT
#include "harness/signal_watch.h"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace proctor {
namespace {

const int kDone = SIGRTMIN; // sent to the watching thread alone, to end it

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, kDone}) sigaddset(&set, signal);
  return set;
}

} // namespace

SignalWatch::SignalWatch(std::stop_source stop) : stop_(std::move(stop)) {
  sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  pthread_kill(thread_.native_handle(), kDone);
  thread_.join();
  sigset_t set = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalWatch::watch() {
  const sigset_t set = watched_signals();
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (signal == kDone) return;
    ExitCode code = signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
    if (code_.load() != ExitCode::ok) _exit(static_cast<int>(code));
    code_.store(code);
    stop_.request_stop();
  }
}

} // namespace proctor
