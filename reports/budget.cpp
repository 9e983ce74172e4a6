// SPDX-License-Identifier: MIT
#include "reports/budget.h"

#include <algorithm>

namespace proctor {
namespace {

// So many answers must be known before the largest of them stands for what another may cost.
constexpr size_t kEnough = 8;

double dearest_answer(const Pricing& pricing, int max_tokens) {
  return pricing.basis == CostBasis::price_list ? pricing.tokens.output * max_tokens / 1e6 : 0;
}

} // namespace

Meter::Meter(Pricing pricing, SpendingLimits limits, int max_tokens, int cores)
    : pricing_(std::move(pricing)), limits_(limits), dearest_(dearest_answer(pricing_, max_tokens)), cores_(cores) {}

double Meter::spent_now() const {
  if (pricing_.basis == CostBasis::gpu_hour) return seconds() / 3600 * pricing_.usd_per_hour;
  if (pricing_.basis == CostBasis::core_hour) return seconds() / 3600 * pricing_.usd_per_hour * cores_;
  return usd_;
}

bool Meter::allows_another() {
  if (time_is_over()) {
    std::lock_guard lock(mutex_);
    reached_ = LimitReached::time;
    return false;
  }
  std::lock_guard lock(mutex_);
  if (limits_.usd) {
    // Alone, an answer is expected to be like those before it; beside others, each may be the dearest.
    const size_t n_running = running_.size() + n_starting_;
    const double one = n_finished_ >= kEnough || n_running == 0 ? largest_ : std::max(largest_, dearest_);
    const double expected = spent_now() + one * static_cast<double>(n_running + 1);
    if (spent_now() >= *limits_.usd || expected > *limits_.usd) {
      reached_ = LimitReached::budget;
      return false;
    }
  }
  reached_ = LimitReached::none;
  ++n_starting_;
  return true;
}

void Meter::not_started() {
  std::lock_guard lock(mutex_);
  --n_starting_;
}

void Meter::started(const SampleKey& key) {
  std::lock_guard lock(mutex_);
  --n_starting_;
  running_.insert(key);
}

void Meter::dropped(const SampleKey& key) {
  std::lock_guard lock(mutex_);
  running_.erase(key);
}

void Meter::nothing_runs() {
  std::lock_guard lock(mutex_);
  running_.clear();
}

void Meter::finished(const SampleKey& key, const Usage& usage) {
  std::lock_guard lock(mutex_);
  running_.erase(key);
  ++n_finished_;
  add(usage);
}

void Meter::charged(const Usage& usage) {
  std::lock_guard lock(mutex_);
  add(usage);
}

bool Meter::allows_retry() {
  std::lock_guard lock(mutex_);
  if (!limits_.usd || spent_now() < *limits_.usd) return true;
  reached_ = LimitReached::budget;
  return false;
}

void Meter::add(const Usage& usage) {
  const std::optional<double> usd =
      pricing_.basis == CostBasis::price_list ? request_usd(pricing_.tokens, usage) : usage.reported_usd;
  if (!usd || !(*usd >= 0)) return;
  any_price_ = true;
  usd_ += *usd;
  largest_ = std::max(largest_, *usd);
}

bool Meter::time_is_over() const { return limits_.seconds && seconds() >= *limits_.seconds; }

std::optional<double> Meter::spent() const {
  std::lock_guard lock(mutex_);
  const bool by_hour = pricing_.basis == CostBasis::gpu_hour || pricing_.basis == CostBasis::core_hour;
  return by_hour || any_price_ ? std::optional(spent_now()) : std::nullopt;
}

LimitReached Meter::reached() const {
  std::lock_guard lock(mutex_);
  return reached_;
}

std::optional<WorkItem> LimitedSource::next() {
  if (!meter_.allows_another()) return std::nullopt;
  std::optional<WorkItem> item = inner_.next();
  if (item) meter_.started(item->key);
  else meter_.not_started();
  return item;
}

bool LimitedSource::wanted(const SampleKey& key) const {
  const bool wanted = inner_.wanted(key);
  if (!wanted) meter_.dropped(key);
  return wanted && !meter_.time_is_over();
}

} // namespace proctor
