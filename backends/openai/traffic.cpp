// SPDX-License-Identifier: MIT
#include "backends/openai/traffic.h"

#include <algorithm>
#include <cmath>

namespace proctor {
namespace {

double rounded(double value) { return std::round(value * 1000) / 1000; }

double quantile(std::vector<float>& values, double q) {
  auto at = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), at, values.end());
  return rounded(*at);
}

Json spread(std::vector<float> values) {
  return {{"median", quantile(values, 0.5)}, {"p95", quantile(values, 0.95)}, {"max", quantile(values, 1)}};
}

} // namespace

void Traffic::sent() {
  std::lock_guard lock(mutex_);
  ++requests_;
}

void Traffic::failed(const std::string& kind) {
  std::lock_guard lock(mutex_);
  ++failures_[kind];
}

void Traffic::answered(const Completion& completion) {
  std::lock_guard lock(mutex_);
  ++samples_;
  completion_tokens_ += completion.usage.completion_tokens.value_or(0);
  if (completion.seconds) seconds_.push_back(static_cast<float>(*completion.seconds));
  if (completion.ttft_s) ttft_.push_back(static_cast<float>(*completion.ttft_s));
}

void Traffic::concurrency(int most_at_once, double seconds) {
  std::lock_guard lock(mutex_);
  most_at_once_ = std::max(most_at_once_, most_at_once);
  session_seconds_ += seconds;
}

Json Traffic::summary() const {
  std::lock_guard lock(mutex_);
  if (requests_ == 0) return Json::object();
  Json summary = {{"requests", requests_}, {"samples", samples_}, {"most_in_flight", most_at_once_}};
  double busy = 0;
  for (float seconds : seconds_) busy += static_cast<double>(seconds);
  if (session_seconds_ > 0) summary["mean_in_flight"] = rounded(busy / session_seconds_);
  if (session_seconds_ > 0 && completion_tokens_ > 0)
    summary["tokens_per_second"] = rounded(static_cast<double>(completion_tokens_) / session_seconds_);
  if (!seconds_.empty()) summary["latency_s"] = spread(seconds_);
  if (!ttft_.empty()) summary["ttft_s"] = spread(ttft_);
  if (!failures_.empty()) summary["failed_requests"] = failures_;
  return summary;
}

} // namespace proctor
