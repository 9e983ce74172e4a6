// SPDX-License-Identifier: MIT
#pragma once

// Equality of two scalar expressions by steps, each with its certificate; the first that decides ends it. Refutation
// is always certain. Two claims of equality rest on more than proof and are named: numeric(1e-270) and identity(...).

#include <chrono>
#include <string>

#include "graders/math/ast.h"
#include "graders/math/numeric_kernel.h"

namespace proctor::math {

enum class Equality { equal, different, unknown };

struct Outcome {
  Equality equality = Equality::unknown;
  std::string certificate;    // structural, exact, ball(64), calcium, ... ; why not, for unknown
  std::string witness;        // "x=3/7": where two expressions differ
  bool common_domain = false; // equal where both are defined, and they are not defined alike
};

// A part of one side's tree.
struct Term {
  const Tree* tree = nullptr;
  Ref ref = 0;
  Kind kind() const { return tree->kind(ref); }
  std::string_view name() const { return tree->name(ref); }
  size_t count() const { return tree->at(ref).count; }
  int32_t value() const { return tree->at(ref).value; }
  Term kid(size_t i) const { return {tree, tree->kid(ref, i)}; }
};

// Stops long comparisons between steps.
class Deadline {
 public:
  explicit Deadline(std::chrono::microseconds limit) : end_(std::chrono::steady_clock::now() + limit) {}
  bool passed() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};

struct ScalarContext {
  const NumericKernel* kernel = nullptr;
  TapeOptions options;
  const Deadline* deadline = nullptr;
};

Outcome scalar_equal(Term a, Term b, const ScalarContext& context);

// Whether the function that a tape computes is zero; the steps from B on.
Outcome tape_is_zero(const Tape& tape, const ScalarContext& context);

// -1, 0, 1 as a - b is negative, zero or positive; nullopt when neither is certain. Closed real values.
std::optional<int> compare_values(Term a, Term b, const ScalarContext& context);

// A tape with the variables at a point.
Tape at_point(const Tape& tape, std::span<const Fraction> point);

// The i-th test point for a tape's variables.
std::vector<Fraction> test_point(size_t n_variables, size_t i);

} // namespace proctor::math
