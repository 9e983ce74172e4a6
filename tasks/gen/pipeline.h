// SPDX-License-Identifier: MIT
#pragma once

// Small functions as a list of operations on a number or on a list of numbers: told in English, written in Python,
// evaluated here. What the families func, fix and invert ask about.

#include <string>
#include <vector>

#include "harness/json.h"
#include "tasks/gen/family.h"

namespace proctor {

enum class OpKind {
  // on a number
  add, subtract, times, remainder, square, absolute, branch,
  // on a list
  keep_above, keep_below, keep_multiples, each_add, each_times, each_square, each_absolute, each_remainder, ascending,
  descending, unique, reverse, take, every_second, running,
  // how a list ends
  as_list, sum, count, largest, smallest,
};

struct Op {
  OpKind kind = OpKind::add;
  int64_t k = 0;
  int64_t yes = 0, no = 0; // branch: add `yes` to multiples of k, subtract `no` from others
};

struct Pipeline {
  bool list = false;
  std::vector<Op> ops; // of a list, the last says how it ends
};

// Level 1: one or two operations on a number; 2: two or three with a branch; 3: a list made into a number in two or three
// operations; 4: a list made into a list or a number in four or five.
Pipeline draw_pipeline(int level, Draw& draw);

std::string argument_of(const Pipeline& pipeline); // "x" or "xs"
std::string english(const Pipeline& pipeline);     // "starts with x, adds 3 and returns the result"
std::string python(const Pipeline& pipeline);      // def f(x): ..., with a final line break
std::string explained(const Pipeline& pipeline);   // how the program comes about, one line an operation

// argument: an integer or a list of them.
Json evaluate(const Pipeline& pipeline, const Json& argument);

// At least 20 arguments: empty, single, boundaries of every operation, duplicates, extremes, random and long ones.
std::vector<Json> test_arguments(const Pipeline& pipeline, SplitMix64& random);

// A plausible mistake (a boundary moved, an operation forgotten or exchanged) that at least one of the arguments shows.
Pipeline mistaken(const Pipeline& pipeline, const std::vector<Json>& arguments, SplitMix64& random);

// metadata.code of a function f with these tests (graders/code).
Json function_code(const std::vector<Json>& arguments, const std::vector<Json>& results);
std::string python_block(std::string_view program);

} // namespace proctor
