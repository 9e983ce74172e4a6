// SPDX-License-Identifier: MIT
// Reads gate files (proctor.json) and thresholds of the command line.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/text/ascii.h"
#include "harness/text/nearest.h"
#include "harness/text/number.h"
#include "reports/gate.h"
#include "reports/metrics.h"

namespace proctor {
namespace {

const std::vector<std::string> kGateKeys = {"task",  "grader", "metric",      "kind",     "value", "margin",
                                            "alpha", "bound",  "warn_margin", "min_drop", "scope"};
const std::vector<std::string> kKinds = {"non_inferior", "min", "max", "max_ratio"};
const std::vector<std::string> kOtherMetrics = {"tokens", "tokens_per_correct", "usd_per_correct", "usd_per_question", "usd",
                                                "seconds_p50", "seconds_p90"};

// "gates[1].margin"
struct Place {
  std::string where;
  Error error(std::string_view key, std::string_view what) const {
    return usage_error(fmt::format("{}{}{}: {}", where, key.empty() ? "" : ".", key, what));
  }
};

Status check_keys(const Json& object, const std::vector<std::string>& known, const Place& place) {
  for (const auto& [key, value] : object.items())
    if (std::ranges::find(known, key) == known.end())
      return place.error("", fmt::format("unknown key \"{}\"{}; there are {}", key, did_you_mean(key, known), fmt::join(known, ", ")));
  return {};
}

Status read_text(const Json& object, const char* key, std::string& field, const Place& place) {
  const Json* value = find_member(object, key);
  if (value == nullptr) return {};
  if (!value->is_string() || value->get_ref<const std::string&>().empty()) return place.error(key, "a text is wanted");
  field = value->get<std::string>();
  return {};
}

// low <= value, or low < value when open; at most high.
Status read_number(const Json& object, const char* key, double& field, double low, bool open, double high, const Place& place) {
  const Json* value = find_member(object, key);
  if (value == nullptr) return {};
  const double number = value->is_number() ? value->get<double>() : -1e300;
  if (number < low || (open && number <= low) || number > high)
    return place.error(key, fmt::format("a number {} {} and at most {:g} is wanted, not {}", open ? "above" : "from", low, high, dump_json(*value)));
  field = number;
  return {};
}

Status check_metric(const Gate& gate, const Place& place) {
  const bool share = parse_metric_name(gate.metric).has_value();
  const bool other = std::ranges::find(kOtherMetrics, gate.metric) != kOtherMetrics.end();
  if (!share && !other)
    return place.error("metric", fmt::format("unknown metric \"{}\"{}; there are {}, {}", gate.metric, did_you_mean(gate.metric, kOtherMetrics),
                                             kMetricNames, fmt::join(kOtherMetrics, ", ")));
  if (gate.kind == GateKind::non_inferior && !share)
    return place.error("metric", fmt::format("{} has no non-inferiority test; use kind max, or max_ratio for tokens", gate.metric));
  if (gate.kind == GateKind::max_ratio && gate.metric != "tokens") return place.error("metric", "max_ratio is for tokens");
  return {};
}

Status read_kind(const Json& object, Gate& gate, const Place& place) {
  std::string kind = "non_inferior";
  if (Status read = read_text(object, "kind", kind, place); !read) return read;
  const auto found = std::ranges::find(kKinds, kind);
  if (found == kKinds.end())
    return place.error("kind", fmt::format("unknown kind \"{}\"{}; there are {}", kind, did_you_mean(kind, kKinds), fmt::join(kKinds, ", ")));
  gate.kind = static_cast<GateKind>(found - kKinds.begin());
  return {};
}

Status read_bound(const Json& object, Gate& gate, const Place& place) {
  std::string bound;
  if (Status read = read_text(object, "bound", bound, place); !read) return read;
  const bool min = gate.kind == GateKind::min;
  if (bound == (min ? "lower" : "upper") || bound == "interval") gate.bound = GateBound::interval;
  else if (!bound.empty() && bound != "point")
    return place.error("bound", fmt::format("\"point\" or \"{}\" is wanted for kind {}, not \"{}\"", min ? "lower" : "upper", to_string(gate.kind), bound));
  return {};
}

Status read_scope(const Json& object, Gate& gate, const Place& place) {
  std::string scope = "fixed";
  if (Status read = read_text(object, "scope", scope, place); !read) return read;
  if (scope == "generalise") gate.scope = GateScope::generalise;
  else if (scope != "fixed" && scope != "rerun")
    return place.error("scope", fmt::format("\"fixed\" (also called \"rerun\") or \"generalise\" is wanted, not \"{}\"", scope));
  return {};
}

Result<Gate> parse_gate(const Json& object, const Place& place) {
  if (!object.is_object()) return place.error("", "an object is wanted");
  Gate gate;
  double min_drop = 0;
  for (Status status : {check_keys(object, kGateKeys, place), read_text(object, "task", gate.task, place),
                        read_text(object, "grader", gate.grader, place), read_text(object, "metric", gate.metric, place),
                        read_kind(object, gate, place)})
    if (!status) return status.error();
  for (Status status : {read_bound(object, gate, place), read_scope(object, gate, place),
                        read_number(object, "value", gate.value, 0, false, 1e12, place),
                        read_number(object, "margin", gate.margin, 0, true, 1, place),
                        read_number(object, "alpha", gate.alpha, kLeastAlpha, false, 0.499, place),
                        read_number(object, "warn_margin", gate.warn_margin, 0, false, 1, place),
                        read_number(object, "min_drop", min_drop, 0, false, 1, place), check_metric(gate, place)})
    if (!status) return status.error();
  if (find_member(object, "min_drop") != nullptr) gate.min_drop = min_drop;
  const bool has_value = find_member(object, "value") != nullptr;
  if (gate.kind != GateKind::non_inferior && !has_value) return place.error("value", "is missing");
  if (gate.kind == GateKind::non_inferior && has_value) return place.error("value", "a non_inferior gate has a margin instead");
  if (gate.kind != GateKind::non_inferior && parse_metric_name(gate.metric) && gate.value > 1)
    return place.error("value", fmt::format("{} is a share from 0 to 1, not {}", gate.metric, gate.value));
  return gate;
}

} // namespace

Result<GateFile> parse_gate_file(std::string_view text, const std::string& where) {
  auto json = parse_json(text, where);
  if (!json) return json.error();
  const Place top{where};
  if (!json->is_object()) return top.error("", "a JSON object is wanted");
  GateFile file;
  for (Status status : {check_keys(*json, {"baseline", "min_coverage", "gates"}, top), read_text(*json, "baseline", file.baseline, top),
                        read_number(*json, "min_coverage", file.min_coverage, 0, false, 1, top)})
    if (!status) return status.error();
  const Json* gates = find_member(*json, "gates");
  if (gates == nullptr || !gates->is_array() || gates->empty()) return top.error("gates", "a list of at least one gate is wanted");
  for (size_t i = 0; i < gates->size(); ++i) {
    auto gate = parse_gate((*gates)[i], {fmt::format("{}: gates[{}]", where, i)});
    if (!gate) return gate.error();
    file.gates.push_back(std::move(*gate));
  }
  return file;
}

Result<Gate> parse_threshold(const std::string& text, GateKind kind) {
  const std::string option = kind == GateKind::min ? "--min" : "--max", sign = kind == GateKind::min ? ">=" : "<=";
  const size_t at = text.find(sign);
  const Error wrong = usage_error(fmt::format("{} {}: [TASK:]METRIC{}NUMBER is wanted, such as {}", option, text, sign,
                                              kind == GateKind::min ? "\"pass@1>=0.7\"" : "\"truncated<=0.02\""));
  if (at == text.npos) return wrong;
  Gate gate;
  gate.kind = kind;
  gate.metric = std::string(trim(std::string_view(text).substr(0, at)));
  if (const size_t colon = gate.metric.rfind(':'); colon != std::string::npos) {
    gate.task = gate.metric.substr(0, colon);
    gate.metric = gate.metric.substr(colon + 1);
  }
  const auto value = parse_number<double>(trim(std::string_view(text).substr(at + 2)));
  if (!value || !std::isfinite(*value) || *value < 0 || gate.task.empty()) return wrong;
  gate.value = *value;
  const Place place{option + " " + text};
  if (Status known = check_metric(gate, place); !known) return known.error();
  if (parse_metric_name(gate.metric) && gate.value > 1) return place.error("", fmt::format("{} is a share from 0 to 1", gate.metric));
  return gate;
}

} // namespace proctor
