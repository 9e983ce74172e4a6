// SPDX-License-Identifier: MIT
#include "graders/math/policy.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "harness/text/number.h"

namespace proctor::math {
namespace {

constexpr std::string_view kNames[] = {"pred_rounded",        "gold_ulp",           "percent_bare",
                                       "units_optional",      "vector_shape",       "common_domain",
                                       "interval_inequality", "base_drop",          "degree_radian",
                                       "variable_renaming",   "reduced_only",       "unordered_lists",
                                       "evaluates",           "lenient_extraction", "think_unclosed_ok"};

constexpr std::string_view kProfiles[] = {"proctor",      "strict",    "math-verify-like",
                                          "prm800k-like", "qwen-like", "hendrycks-like"};

bool Policies::* flag(std::string_view name) {
  constexpr std::pair<std::string_view, bool Policies::*> kFlags[] = {
      {"gold_ulp", &Policies::gold_ulp},
      {"percent_bare", &Policies::percent_bare},
      {"units_optional", &Policies::units_optional},
      {"vector_shape", &Policies::vector_shape},
      {"common_domain", &Policies::common_domain},
      {"interval_inequality", &Policies::interval_inequality},
      {"base_drop", &Policies::base_drop},
      {"degree_radian", &Policies::degree_radian},
      {"variable_renaming", &Policies::variable_renaming},
      {"reduced_only", &Policies::reduced_only},
      {"unordered_lists", &Policies::unordered_lists},
      {"evaluates", &Policies::evaluates},
      {"lenient_extraction", &Policies::lenient_extraction},
      {"think_unclosed_ok", &Policies::think_unclosed_ok}};
  for (auto [known, member] : kFlags)
    if (known == name) return member;
  return nullptr;
}

Policies strict() {
  Policies p;
  p.pred_rounded = 0;
  p.percent_bare = p.units_optional = p.vector_shape = p.common_domain = p.interval_inequality = false;
  return p;
}

} // namespace

bool set_policy(Policies& policies, std::string_view name, std::string_view value) {
  bool on = value == "on";
  if (name == "pred_rounded") {
    auto digits = parse_number<int>(value);
    if (!on && value != "off" && (!digits || *digits < 0)) return false;
    policies.pred_rounded = on ? 12 : digits.value_or(0);
    return true;
  }
  bool Policies::* member = flag(name);
  if (member == nullptr || (!on && value != "off")) return false;
  policies.*member = on;
  return true;
}

bool set_profile(Policies& policies, std::string_view name) {
  if (std::find(std::begin(kProfiles), std::end(kProfiles), name) == std::end(kProfiles)) return false;
  policies = name == "proctor" ? Policies() : strict();
  if (name == "math-verify-like") { // evaluates everything, no units, intervals only from solved golds, 6 decimals
    policies.percent_bare = policies.units_optional = policies.vector_shape = policies.common_domain = true;
    policies.relative_tolerance = 1e-15;
    policies.lenient_extraction = true;
  } else if (name == "qwen-like") {
    policies.percent_bare = policies.units_optional = policies.vector_shape = policies.common_domain = true;
    policies.relative_tolerance = 1e-4;
    policies.lenient_extraction = true;
  } else if (name == "prm800k-like") {
    policies.reduced_only = true;
    policies.units_optional = policies.percent_bare = true;
    policies.unordered_lists = false;
  } else if (name == "hendrycks-like") {
    policies.evaluates = policies.unordered_lists = false;
    policies.percent_bare = policies.units_optional = true;
  }
  return true;
}

std::string differences(const Policies& policies) {
  const Policies usual;
  std::string text;
  auto add = [&](std::string_view name, const std::string& value) {
    text += text.empty() ? '+' : ',';
    text.append(name).append("=").append(value);
  };
  for (std::string_view name : kNames)
    if (bool Policies::* member = flag(name); member != nullptr && policies.*member != usual.*member)
      add(name, policies.*member ? "on" : "off");
  if (policies.pred_rounded != usual.pred_rounded) add("pred_rounded", std::to_string(policies.pred_rounded));
  if (policies.relative_tolerance > 0) add("relative_tolerance", fmt::format("{}", policies.relative_tolerance));
  return text;
}

std::span<const std::string_view> policy_names() { return kNames; }
std::span<const std::string_view> profile_names() { return kProfiles; }

} // namespace proctor::math
