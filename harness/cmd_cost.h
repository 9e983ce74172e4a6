// SPDX-License-Identifier: MIT
#pragma once

// The options that say what a run costs and when it is to stop: --prices and its kin, --budget,
// --max-time, --adaptive.

#include <optional>
#include <string>

#include "harness/cmd_line.h"
#include "reports/adaptive.h"
#include "reports/pricing.h"

namespace proctor {

struct PriceArgs {
  std::string prices;     // a file, or "builtin"; empty: the built-in list where the endpoint is the list's own
  std::string price_model; // the row to take; empty: the model's name
  std::string price_date; // 2025-01-20; empty: the day of the run
  std::string price_tier = "standard";
  std::optional<double> gpu_hour_usd, core_hour_usd;

  void add_to(CommandLine& command);
  bool given() const { return !prices.empty() || gpu_hour_usd || core_hour_usd; }
};

// What of a run decides its price.
struct PricedModel {
  std::string name;
  std::string host; // of its endpoint; may be empty
  std::string date; // of the run: "2025-01-20"
};

// As run.json describes it.
PricedModel priced_model(const Json& run);

// On failure: a usage error: no such file, a bad list, no price for this model.
Result<Pricing> choose_pricing(const PriceArgs& args, const PricedModel& model);

// --budget, --max-time: limits of one session.
struct LimitArgs {
  std::optional<double> budget; // USD
  std::string max_time;         // "90", "90s", "15m", "2h", "1:30:00"

  void add_to(CommandLine& command);
  Result<std::optional<double>> max_seconds() const; // On failure: a usage error.
};

// --adaptive: a question's samples stop when its vote is settled.
struct AdaptiveArgs {
  bool on = false;
  std::optional<double> confidence;

  void add_to(CommandLine& command);
  Result<std::optional<AdaptiveRule>> rule() const; // nullopt: every sample is taken. On failure: a usage error.
};

} // namespace proctor
