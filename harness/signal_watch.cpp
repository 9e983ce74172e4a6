// SPDX-License-Identifier: MIT
#include "harness/signal_watch.h"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace proctor {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

SignalWatch::SignalWatch(std::stop_source stop) : stop_(std::move(stop)) {
  sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::jthread([this](std::stop_token done) { watch(done); });
}

SignalWatch::~SignalWatch() {
  thread_.request_stop();
  thread_.join();
  sigset_t set = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalWatch::watch(std::stop_token done) {
  sigset_t set = watched_signals();
  while (!done.stop_requested()) {
    timespec wait{0, 50'000'000};
    int signal = sigtimedwait(&set, nullptr, &wait);
    if (signal != SIGINT && signal != SIGTERM) continue;
    ExitCode code = signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
    if (code_.load() != ExitCode::ok) _exit(static_cast<int>(code));
    code_.store(code);
    stop_.request_stop();
  }
}

} // namespace proctor
