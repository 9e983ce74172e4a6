// SPDX-License-Identifier: MIT
#include "tests/gpu/report.h"

#include <cstdio>
#include <fmt/format.h>

namespace proctor {

void GpuReport::check(const std::string& name, bool passed, const std::string& said) {
  n_failed_ += !passed;
  json_["checks"].push_back({{"name", name}, {"passed", passed}, {"said", said}});
  std::puts(fmt::format("{:<6} {:<62} {}", passed ? "ok" : "FAILED", name, said).c_str());
  std::fflush(stdout);
}

void GpuReport::measure(const std::string& name, double value, const std::string& unit, std::optional<double> target) {
  Json row = {{"name", name}, {"value", value}, {"unit", unit}};
  if (target) row["target"] = *target;
  json_["measurements"].push_back(row);
  const std::string wanted = target ? fmt::format("  target {:.4g}: {}", *target, value >= *target ? "reached" : "missed") : "";
  std::puts(fmt::format("{:<6} {:<62} {:.4g} {}{}", "", name, value, unit, wanted).c_str());
  std::fflush(stdout);
}

void GpuReport::shape(const std::string& name, double value, Json what) {
  what["name"] = name;
  what["value"] = value;
  json_["shapes"].push_back(std::move(what));
}

} // namespace proctor
