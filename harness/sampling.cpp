// SPDX-License-Identifier: MIT
#include "harness/sampling.h"

#include <fmt/format.h>

namespace proctor {
namespace {

Status in_range(std::string_view field, double value, double lo, double hi) {
  if (value >= lo && value <= hi) return {}; // also refuses NaN
  return usage_error(fmt::format("{} is {}; it must be from {} to {}", field, value, lo, hi));
}

} // namespace

Status validate(const Sampling& sampling) {
  for (Status status : {in_range("temperature", sampling.temperature, 0, 10), in_range("top_p", sampling.top_p, 0, 1),
                        in_range("min_p", sampling.min_p, 0, 1), in_range("top_k", sampling.top_k, 0, 1e9),
                        in_range("max_tokens", sampling.max_tokens, 1, 1e9)})
    if (!status) return status;
  if (sampling.top_p == 0) return usage_error("top_p is 0; it must be above 0 (1 turns it off)");
  for (const std::string& stop : sampling.stop)
    if (stop.empty()) return usage_error("stop holds an empty string, which would end every answer at once");
  return {};
}

Json to_json(const Sampling& sampling) {
  return {{"temperature", sampling.temperature},
          {"top_p", sampling.top_p},
          {"top_k", sampling.top_k},
          {"min_p", sampling.min_p},
          {"max_tokens", sampling.max_tokens},
          {"stop", sampling.stop}};
}

} // namespace proctor
