// SPDX-License-Identifier: MIT
#pragma once

// How a run is charged: by tokens, by hours of a device, or as its endpoint reported. Stored in run.json as "pricing",
// so that a report needs nothing but the run directory. docs/cost.md says which basis applies when.

#include <optional>
#include <string>

#include "harness/json.h"
#include "reports/prices.h"

namespace proctor {

enum class CostBasis { none, price_list, gpu_hour, core_hour, reported };
std::string_view to_string(CostBasis basis);

struct Pricing {
  CostBasis basis = CostBasis::none; // none: what was reported, where something was
  TokenPrice tokens;                 // of price_list
  double usd_per_hour = 0;           // of gpu_hour and core_hour
  std::string what;                  // "deepseek-reasoner in proctor list prices 2025-12-01, from 2025-01-20"
  std::string source;                // where the price is from
};

Json to_json(const Pricing& pricing);
Pricing pricing_from_json(const Json& json); // anything it does not know is `none`

// Hours of the devices that one run kept busy, in seconds.
struct DeviceSeconds {
  std::optional<double> gpu, core;
  std::optional<double> steps; // of the engine: what samples have shares of
};

// Whether the model runs on a GPU, by what its backend says of it (Description::details).
bool on_gpu(const Json& model_details);

// As run.json tells: "gpu_seconds", in which GPUs were held, else its seconds on a CUDA device; "core_seconds", else its
// seconds times the processors of the host; "step_seconds".
DeviceSeconds device_seconds(const Json& run);

} // namespace proctor
