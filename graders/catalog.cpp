// SPDX-License-Identifier: MIT
#include "graders/graders.h"

namespace proctor {
namespace {

struct Entry {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Grader> (*make)(const GraderOptions&);
};

template <std::unique_ptr<Grader> (*make)()> std::unique_ptr<Grader> plain(const GraderOptions&) { return make(); }

std::unique_ptr<Grader> math(const GraderOptions& options) { return make_math_grader(options.math); }

// Data whose decimal references are measurements or were rounded.
std::unique_ptr<Grader> math_rounded(const GraderOptions& options) {
  math::Policies policies = options.math;
  policies.gold_ulp = true;
  return make_math_grader(policies);
}

constexpr Entry kEntries[] = {
    {"aime", "integers from 0 to 999, compared as integers", plain<make_aime_grader>},
    {"math", "any mathematical answer, by value, with the reason", math},
    {"math_rounded", "as math; a decimal reference accepts what rounds to it", math_rounded},
    {"number", "exact rationals and decimals; other answers by normalised text", plain<make_number_grader>},
    {"choice", "one option letter, or an option's words", plain<make_choice_grader>},
    {"tag", "exact text of the last answer tag", plain<make_tag_grader>},
    {"exact", "the final answer as text, blanks folded", plain<make_exact_grader>},
    {"knights_knaves", "everybody's role in a knights and knaves puzzle", plain<make_knights_knaves_grader>},
    {"plan", "a plan for blocks or logistics, executed step by step", plain<make_plan_grader>},
};

} // namespace

std::vector<GraderInfo> grader_catalog() {
  std::vector<GraderInfo> catalog;
  for (const Entry& entry : kEntries) catalog.push_back({std::string(entry.name), std::string(entry.summary)});
  return catalog;
}

std::unique_ptr<Grader> make_grader(std::string_view name, const GraderOptions& options) {
  for (const Entry& entry : kEntries)
    if (entry.name == name) return entry.make(options);
  return nullptr;
}

} // namespace proctor
