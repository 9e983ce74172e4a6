// SPDX-License-Identifier: MIT
#include "harness/cmd_math_policies.h"

#include <fmt/format.h>

#include "harness/text/nearest.h"

namespace proctor {
namespace {

std::string choices(std::string_view what, const std::string& name, std::span<const std::string_view> known) {
  std::vector<std::string> names(known.begin(), known.end());
  return fmt::format("{} {}: there are {}{}", what, name, fmt::join(names, ", "), did_you_mean(name, names));
}

} // namespace

void MathPolicyArgs::add_to(CommandLine& command) {
  command.option("--profile", profile, "Leniency of the maths grader, by name").value_name("NAME").show_default();
  command.option("--policy", policies, "One leniency on or off, such as percent_bare=off")
      .value_name("NAME=on|off")
      .one_each();
}

Result<math::Policies> MathPolicyArgs::read() const {
  math::Policies result;
  if (!set_profile(result, profile)) return usage_error(choices("--profile", profile, math::profile_names()));
  if (profile == "proctor") result.lenient_extraction = lenient;
  for (const std::string& item : policies) {
    size_t sign = item.find('=');
    std::string name = item.substr(0, sign);
    if (sign == item.npos) return usage_error(fmt::format("--policy {}: write NAME=on or NAME=off", item));
    if (!set_policy(result, name, item.substr(sign + 1))) {
      auto names = math::policy_names();
      if (std::find(names.begin(), names.end(), name) == names.end())
        return usage_error(choices("--policy", name, names));
      return usage_error(fmt::format("--policy {}: the value is on or off (pred_rounded also takes digits)", item));
    }
  }
  return result;
}

} // namespace proctor
