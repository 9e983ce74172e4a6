// SPDX-License-Identifier: MIT
#pragma once

// Tells on stderr how a run goes: one live line on a terminal, a plain line every few seconds elsewhere.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "harness/runner.h"

namespace proctor {

struct ProgressCounts {
  size_t completed = 0; // samples that arrived in this session
  size_t graded = 0;    // grades of the first grader of each task, not_graded excluded
  size_t correct = 0;
  size_t truncated = 0;
  size_t not_graded = 0;
  int64_t tokens = 0; // completion tokens, where known
  std::string activity = {}; // what the backend says of itself; takes the place of the times below
  // Of samples whose time is known: how long each took in all, and until its first token.
  size_t n_seconds = 0, n_ttft = 0;
  double seconds = 0, ttft_s = 0; // sums
  std::optional<double> usd = {};   // that the session has cost so far
};

// "120/1920 samples  41.2/s  acc 61.3 %  1.2k tok/s  62 in flight  1.5 s each, 0.2 s to the first token  eta 0:43":
// pure, so that it can be tested. total: samples of this session.
std::string progress_line(const ProgressCounts& counts, size_t total, double seconds);

class Progress : public RunObserver {
 public:
  enum class Style { off, plain, live };

  // off with `quiet`; live when stderr is a terminal.
  static Style style_for_stderr(bool quiet);

  // What others know of the session; each may be empty.
  struct Sources {
    std::function<Activity()> activity; // of the backend
    std::function<std::optional<double>()> spent; // USD
  };
  Progress(Style style, size_t total, Sources sources);
  Progress(Style style, size_t total) : Progress(style, total, Sources{}) {}
  ~Progress() override; // prints the last state

  void completed(const Completion& completion) override;
  void graded(const Grade& grade) override;
  void set_total(size_t total); // when some samples turned out not to be needed
  ProgressCounts counts() const;

 private:
  void print_regularly(std::stop_token stop);
  void print(bool last);
  const Style style_;
  std::atomic<size_t> total_;
  const Sources sources_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  ProgressCounts counts_;
  std::jthread thread_;
};

} // namespace proctor
