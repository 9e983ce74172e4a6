// SPDX-License-Identifier: MIT
#pragma once

// What correct verdicts of a maths task rest on beyond proof: a named policy, overwhelming numerical agreement
// instead of a certificate, an answer that only a fallback found. Read from the statistics that graders leave.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/grade.h"

namespace proctor {

// "percent_bare,numeric(1e-270)": labels with commas between; empty for a verdict that is not correct or needs none.
std::string credit_basis(const Grade& grade);

struct Credits {
  int64_t n_lenient = 0;                               // correct verdicts with at least one label
  std::vector<std::pair<std::string, int64_t>> labels; // most frequent first
};

// Collects bases.
class CreditCount {
 public:
  void add(std::string_view basis);
  Credits take() const;

 private:
  int64_t n_lenient_ = 0;
  std::map<std::string, int64_t, std::less<>> labels_;
};

// "math500: 12 of 401 correct answers rest on leniency (units_optional 7, last_number 5); without them ...". Empty
// where there is nothing to say.
std::string credit_sentence(const Credits& credits, std::string_view label, int64_t n_correct, int64_t n_undecided);

} // namespace proctor
