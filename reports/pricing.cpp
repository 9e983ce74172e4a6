// SPDX-License-Identifier: MIT
#include "reports/pricing.h"

#include <cmath>

namespace proctor {
namespace {

constexpr CostBasis kBases[] = {CostBasis::none, CostBasis::price_list, CostBasis::gpu_hour, CostBasis::core_hour, CostBasis::reported};

double price_member(const Json& json, std::string_view key) {
  const double value = get_number(json, key).value_or(0);
  return std::isfinite(value) && value >= 0 ? value : 0;
}

} // namespace

std::string_view to_string(CostBasis basis) {
  switch (basis) {
  case CostBasis::none: return "none";
  case CostBasis::price_list: return "price_list";
  case CostBasis::gpu_hour: return "gpu_hour";
  case CostBasis::core_hour: return "core_hour";
  case CostBasis::reported: return "reported";
  }
  return "none";
}

Json to_json(const Pricing& pricing) {
  Json json = {{"basis", to_string(pricing.basis)}};
  if (pricing.basis == CostBasis::price_list)
    json["usd_per_million_tokens"] = {{"input", pricing.tokens.input}, {"cached_input", pricing.tokens.cached_input}, {"output", pricing.tokens.output}};
  if (pricing.basis == CostBasis::gpu_hour || pricing.basis == CostBasis::core_hour) json["usd_per_hour"] = pricing.usd_per_hour;
  if (!pricing.what.empty()) json["what"] = pricing.what;
  if (!pricing.source.empty()) json["source"] = pricing.source;
  return json;
}

Pricing pricing_from_json(const Json& json) {
  Pricing pricing;
  const std::string name = get_string(json, "basis").value_or("none");
  for (CostBasis basis : kBases)
    if (name == to_string(basis)) pricing.basis = basis;
  if (const Json* tokens = find_member(json, "usd_per_million_tokens"))
    pricing.tokens = {price_member(*tokens, "input"), price_member(*tokens, "cached_input"), price_member(*tokens, "output")};
  pricing.usd_per_hour = price_member(json, "usd_per_hour");
  pricing.what = get_string(json, "what").value_or("");
  pricing.source = get_string(json, "source").value_or("");
  return pricing;
}

bool on_gpu(const Json& model_details) { return get_string(model_details, "device").value_or("").starts_with("cuda"); }

DeviceSeconds device_seconds(const Json& run) {
  const std::optional<double> wall = get_number(run, "seconds");
  DeviceSeconds seconds{get_number(run, "gpu_seconds"), get_number(run, "core_seconds"), get_number(run, "step_seconds")};
  const Json* model = find_member(run, "model");
  const Json* details = model == nullptr ? nullptr : find_member(*model, "details");
  if (!seconds.gpu && details != nullptr && on_gpu(*details)) seconds.gpu = wall;
  if (const Json* host = find_member(run, "host"); !seconds.core && wall && host != nullptr)
    if (auto cpus = get_int(*host, "cpus")) seconds.core = *wall * static_cast<double>(*cpus);
  return seconds;
}

} // namespace proctor
