// SPDX-License-Identifier: MIT
#pragma once

// What the decision procedure asks of arithmetic, so that FLINT/Arb/Calcium and Boost.Multiprecision are exchangeable
// and can be compared. A kernel holds no state between calls; calls may run concurrently. No input reaches an abort:
// sizes are bounded before any number is built, and what is beyond a bound is `unknown`.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "graders/math/tape.h"

namespace proctor::math {

enum class Decision { yes, no, unknown };

struct Fraction {
  int64_t top = 0;
  int64_t bottom = 1;
};

// A ball around the value of a tape.
struct Enclosure {
  bool defined = false;       // finite, no division by something that may be zero
  bool excludes_zero = false; // certainly not zero
  double log2_bound = 0;      // log2 of an upper bound of the absolute value
  int sign = 0;               // of a certainly real value; 0: not known
  double middle = 0;          // real part, approximately
};

class NumericKernel {
 public:
  virtual ~NumericKernel() = default;

  virtual std::string_view name() const = 0;

  // Whether a closed tape of rational operations is zero. unknown: not rational, or beyond the bit limit.
  virtual Decision rational_is_zero(const Tape& tape) const = 0;

  // The value of a closed rational tape as "p" or "p/q" in lowest terms, at most `max_bits` bits.
  virtual std::optional<std::string> rational(const Tape& tape, int max_bits) const = 0;

  // Whether a tape of + - * / and integer powers in variables is the zero function.
  virtual Decision rational_function_is_zero(const Tape& tape) const = 0;

  // The value with `bits` bits of working precision; point[i] is the value of variable i. real_only: what leaves the
  // real numbers on the way is undefined.
  virtual Enclosure enclose(const Tape& tape, std::span<const Fraction> point, int bits,
                            bool real_only = false) const = 0;

  // Exact fields: whether a closed tape is zero, within fixed limits of degree and precision.
  virtual Decision exact_is_zero(const Tape& tape) const = 0;
};

std::unique_ptr<NumericKernel> make_flint_kernel();
std::unique_ptr<NumericKernel> make_boost_kernel();
const NumericKernel& default_kernel();

} // namespace proctor::math
