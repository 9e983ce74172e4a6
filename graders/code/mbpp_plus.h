// SPDX-License-Identifier: MIT
#pragma once

// What EvalPlus knows of single problems: MBPP+ inputs are JSON and become Python's types per problem, and a few
// problems have an oracle of their own. After evalplus@26d6d00, data/mbpp.py and eval/_special_oracle.py.

#include <string_view>
#include <vector>

#include "graders/sandbox/typed_value.h"

namespace proctor {

// The arguments of one test of Mbpp/`number` as the program is to get them. `input`: a list.
std::vector<TypedValue> mbpp_arguments(int number, TypedValue input);

// The result of one test as EvalPlus compares it, by the name of the function: as sets, as the truth of a match, by an
// oracle of its own, else by value with tolerance. `not_plain`: the program returned an object that cannot be sent.
struct EvalPlusTest {
  std::string_view task_id; // "Mbpp/581", "HumanEval/32"
  std::string_view entry_point;
  const std::vector<TypedValue>& arguments;
  double atol = 0;
};
struct EvalPlusResult {
  bool not_plain = false;
  TypedValue value;
};
bool evalplus_passes(const EvalPlusTest& test, const EvalPlusResult& got, const EvalPlusResult& expected);

} // namespace proctor
