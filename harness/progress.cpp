// SPDX-License-Identifier: MIT
#include "harness/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include "harness/say.h"
#include "harness/text/duration.h"

namespace proctor {
namespace {

constexpr std::chrono::milliseconds kLiveInterval{200};
constexpr std::chrono::seconds kPlainInterval{5};

// 950, 1.2k, 3.4M
std::string short_number(double value) {
  if (value >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.1f}k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

// 0.052, 1.5, 230
std::string short_seconds(double seconds) { return fmt::format("{:.{}f} s", seconds, seconds < 0.1 ? 3 : seconds < 10 ? 1 : 0); }

// How many samples were under way on average (Little's law), and how long they took.
std::string timing(const ProgressCounts& counts, double seconds) {
  if (counts.n_seconds == 0 || seconds <= 0) return {};
  std::string text = fmt::format("  {:.0f} in flight  {} each", counts.seconds / seconds, short_seconds(counts.seconds / static_cast<double>(counts.n_seconds)));
  if (counts.n_ttft > 0) text += fmt::format(", {} to the first token", short_seconds(counts.ttft_s / static_cast<double>(counts.n_ttft)));
  return text;
}

} // namespace

std::string progress_line(const ProgressCounts& counts, size_t total, double seconds) {
  double rate = seconds > 0 ? static_cast<double>(counts.completed) / seconds : 0;
  std::string line = fmt::format("{}/{} samples", counts.completed, total);
  if (rate > 0) line += fmt::format("  {}/s", rate < 100 ? fmt::format("{:.1f}", rate) : short_number(rate));
  if (counts.graded > 0)
    line += fmt::format("  acc {:.1f}%",
                        100.0 * static_cast<double>(counts.correct) / static_cast<double>(counts.graded));
  if (counts.tokens > 0 && seconds > 0)
    line += fmt::format("  {} tok/s", short_number(static_cast<double>(counts.tokens) / seconds));
  line += counts.activity.empty() ? timing(counts, seconds) : "  " + counts.activity;
  if (counts.usd) line += fmt::format("  ${:.{}f}", *counts.usd, *counts.usd < 1 ? 4 : 2);
  if (counts.truncated > 0) line += fmt::format("  {} truncated", counts.truncated);
  if (counts.not_graded > 0) line += fmt::format("  {} not graded", counts.not_graded);
  if (rate > 0 && counts.completed < total)
    line += fmt::format("  eta {}", duration_text(static_cast<double>(total - counts.completed) / rate));
  return line;
}

Progress::Style Progress::style_for_stderr(bool quiet) {
  if (quiet) return Style::off;
  return isatty(STDERR_FILENO) != 0 ? Style::live : Style::plain;
}

Progress::Progress(Style style, size_t total, Sources sources)
    : style_(style), total_(total), sources_(std::move(sources)) {
  if (style_ != Style::off && total_ > 0)
    thread_ = std::jthread([this](std::stop_token stop) { print_regularly(stop); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  print(true);
}

void Progress::completed(const Completion& completion) {
  std::lock_guard lock(mutex_);
  ++counts_.completed;
  counts_.tokens += completion.usage.completion_tokens.value_or(0);
  counts_.n_seconds += completion.seconds.has_value();
  counts_.seconds += completion.seconds.value_or(0);
  counts_.n_ttft += completion.ttft_s.has_value();
  counts_.ttft_s += completion.ttft_s.value_or(0);
}

void Progress::graded(const Grade& grade) {
  std::lock_guard lock(mutex_);
  if (grade.verdict == Verdict::not_graded) {
    ++counts_.not_graded;
    return;
  }
  ++counts_.graded;
  counts_.correct += grade.verdict == Verdict::correct;
  counts_.truncated += grade.verdict == Verdict::truncated;
}

void Progress::set_total(size_t total) { total_ = total; }

ProgressCounts Progress::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

void Progress::print_regularly(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (style_ == Style::live)
      wake_.wait_for(lock, stop, kLiveInterval, [] { return false; });
    else
      wake_.wait_for(lock, stop, kPlainInterval, [] { return false; });
    if (stop.stop_requested()) return;
    lock.unlock();
    print(false);
    lock.lock();
  }
}

void Progress::print(bool last) {
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  ProgressCounts now = counts();
  if (sources_.spent) now.usd = sources_.spent();
  if (sources_.activity) {
    Activity activity = sources_.activity();
    now.activity = activity.line;
    if (activity.tokens > 0) now.tokens = activity.tokens;
  }
  std::string line = progress_line(now, total_, seconds);
  if (style_ == Style::plain) return say(line);
  say_live(line);
  if (last) say("");
}

} // namespace proctor
