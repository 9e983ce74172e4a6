// SPDX-License-Identifier: MIT
#pragma once

// A scalar expression as a postfix program: what the numeric kernels run. Parts that no kernel can evaluate (an
// unknown function, an integral) become variables named by their structure, so that they are equal to themselves.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graders/math/ast.h"
#include "graders/math/tape_code.h"

namespace proctor::math {

struct Decimal {
  std::string digits; // decimal, no sign
  int32_t exponent = 0;
};

using Bindings = std::vector<std::pair<std::string, int64_t>>; // integer values of variables

struct TapeOptions {
  bool natural_log = false; // a bare \log is ln
  bool degrees = false;     // a degree sign outside trigonometry still means pi/180
  Bindings bound;
};

struct Tape {
  std::vector<proctor_step> steps;
  std::vector<Decimal> numbers;
  std::vector<std::string> variables; // distinct names
  bool failed = false;                // not a scalar, or too large
  bool symbolic = false;              // a variable stands for a definite value, such as an integral's

  bool closed() const { return variables.empty(); }
  bool uses(int op) const;
  void step(int op, int arg = 0);
};

constexpr size_t kMaxSteps = 20000;

// Appends a program for `node`.
void compile(const Tree& tree, Ref node, const TapeOptions& options, Tape& tape);

// a - b.
Tape difference(const Tree& a, Ref a_node, const Tree& b, Ref b_node, const TapeOptions& options);
Tape program(const Tree& tree, Ref node, const TapeOptions& options);

// The value of a closed expression of small integers (|v| <= 2^53), by 64-bit arithmetic alone.
std::optional<int64_t> small_integer(const Tree& tree, Ref node, const Bindings& bound = {});

} // namespace proctor::math
