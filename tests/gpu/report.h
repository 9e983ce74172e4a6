// SPDX-License-Identifier: MIT
#pragma once

// What gpu_check finds, as one table and one JSON.

#include <optional>
#include <string>

#include "harness/json.h"

namespace proctor {

class GpuReport {
 public:
  // A check that passes or fails; `said` is the number or what was wrong.
  void check(const std::string& name, bool passed, const std::string& said);

  // A measurement; target: what it should reach (engine.md 8), where there is one. Missing it is no failure.
  void measure(const std::string& name, double value, const std::string& unit, std::optional<double> target = {});

  // A measurement of decoding that torch_loop.py repeats: its name, tokens per second, and what it decoded.
  void shape(const std::string& name, double value, Json what);

  bool all_passed() const { return n_failed_ == 0; }
  Json& facts() { return json_["device"]; }
  const Json& json() const { return json_; }

 private:
  Json json_ = {{"schema", "proctor/gpu-check/1"}, {"device", Json::object()}, {"checks", Json::array()}, {"measurements", Json::array()},
                {"shapes", Json::array()}};
  int n_failed_ = 0;
};

} // namespace proctor
