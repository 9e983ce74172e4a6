// SPDX-License-Identifier: MIT
#pragma once

// The leniencies of mathematical grading, each by name, and the profiles that group them. docs/math_grading.md lists
// what each one means.

#include <span>
#include <string>
#include <string_view>

namespace proctor::math {

struct Policies {
  int pred_rounded = 12;      // significant digits from which a rounded decimal counts as its exact value; 0: never
  bool gold_ulp = false;      // a decimal gold accepts what rounds to it
  bool percent_bare = true;   // p for p% where exactly one side has the sign
  bool units_optional = true; // a unit missing on one side
  bool vector_shape = true;   // row, column, brackets of vectors
  bool common_domain = true;  // identities where both sides are defined
  bool interval_inequality = true; // a solved inequality for an interval
  bool base_drop = false;          // 52 for 52_8
  bool degree_radian = false;      // pi/2 for 90 degrees
  bool variable_renaming = false;  // y^2 for x^2
  bool reduced_only = false;       // 2/4 is not 1/2
  bool unordered_lists = true;     // a bare list is a multiset
  bool evaluates = true;           // arithmetic is carried out: 2+3 is 5
  bool lenient_extraction = false; // the last formula or number of a text
  bool think_unclosed_ok = false;  // look for an answer in thinking that never ended
  double relative_tolerance = 0;   // only for profiles that imitate graders which have one
};

// Sets one policy by name: "on", "off", or a number for pred_rounded. False: no such policy or value.
bool set_policy(Policies& policies, std::string_view name, std::string_view value);

// "proctor", "strict", "math-verify-like", "prm800k-like", "qwen-like", "hendrycks-like"; false for another name.
bool set_profile(Policies& policies, std::string_view name);

// "+name=on,name=off": what differs from the default; empty for the default.
std::string differences(const Policies& policies);

std::span<const std::string_view> policy_names();
std::span<const std::string_view> profile_names();

} // namespace proctor::math
