// SPDX-License-Identifier: MIT
// Two kernels, one decision procedure: FLINT, Arb and Calcium against Boost.Multiprecision.
#include <doctest/doctest.h>
#include <random>

#include "graders/math/math_equal.h"
#include "graders/math/numeric_kernel.h"
#include "graders/math/parser.h"

using namespace proctor::math;

namespace {

class Expressions {
 public:
  explicit Expressions(unsigned seed) : random_(seed) {}

  std::string rational(int depth) { return tree(depth, &Expressions::fraction); }
  std::string surd(int depth) { return tree(depth, &Expressions::root); }
  std::string function(int depth) { return tree(depth, &Expressions::term); }

 private:
  int below(int n) { return std::uniform_int_distribution(0, n - 1)(random_); }
  std::string integer() { return std::to_string(1 + below(30)); }
  std::string fraction() { return below(2) == 0 ? integer() : "\\frac{" + integer() + "}{" + integer() + "}"; }
  std::string root() { return below(2) == 0 ? fraction() : "\\sqrt{" + integer() + "}"; }

  std::string term() {
    const char* kTerms[] = {"x", "x^2", "(x+1)", "\\sin x", "e^{x}", "\\cos(2x)", "y"};
    return below(3) == 0 ? fraction() : kTerms[below(7)];
  }

  std::string tree(int depth, std::string (Expressions::*leaf)()) {
    if (depth == 0) return (this->*leaf)();
    std::string a = tree(depth - 1, leaf), b = tree(depth - 1, leaf);
    switch (below(5)) {
    case 0: return "(" + a + "+" + b + ")";
    case 1: return "(" + a + "-" + b + ")";
    case 2: return "(" + a + ")\\cdot(" + b + ")";
    case 3: return "\\frac{" + a + "}{" + b + "}";
    default: return "(" + a + ")^2";
    }
  }

  std::mt19937 random_;
};

Equality with(const NumericKernel& kernel, const std::string& a, const std::string& b) {
  return math_equal(a, b, Policies(), kernel).equality;
}

// A decision of one kernel is never contradicted by the other's.
void agree(const std::string& a, const std::string& b) {
  static const auto kBoost = make_boost_kernel();
  Equality flint = with(default_kernel(), a, b), boost = with(*kBoost, a, b);
  INFO(a, " against ", b);
  if (flint != Equality::unknown && boost != Equality::unknown) CHECK(flint == boost);
}

} // namespace

TEST_CASE("kernels: rationals have one value") {
  Expressions expressions(1);
  for (int i = 0; i < 2000; ++i) {
    std::string a = expressions.rational(3);
    agree(a, a + "+0");
    agree(a, expressions.rational(2));
    agree(a, a + "+10^{-40}");
  }
}

TEST_CASE("kernels: surds and functions are refuted alike") {
  Expressions expressions(2);
  for (int i = 0; i < 300; ++i) {
    std::string a = expressions.surd(2), f = expressions.function(2);
    agree(a, "1\\cdot " + a);
    agree(a, expressions.surd(2));
    agree(f, f + "\\cdot 1");
    agree(f, expressions.function(2));
  }
}

// Steps A to E refute by balls, step F decides in an exact field: two ways to one truth.
TEST_CASE("kernels: no ball refutes what the exact field proves, and none overlaps for long what it refutes") {
  Expressions expressions(3);
  auto tree = [](const std::string& text) {
    auto expr = parse(lex(text, {}), {});
    REQUIRE(expr);
    return *expr;
  };
  for (int i = 0; i < 1000; ++i) {
    std::string text = expressions.surd(2), other = i % 2 == 0 ? "(" + text + ")^2/(" + text + ")" : expressions.surd(2);
    Expr a = tree(text), b = tree(other);
    Tape tape = difference(a.tree, a.root, b.tree, b.root, {});
    Enclosure ball = default_kernel().enclose(tape, {}, 512);
    Decision exact = default_kernel().exact_is_zero(tape);
    INFO(text, " against ", other);
    if (!ball.defined || exact == Decision::unknown) continue;
    CHECK(ball.excludes_zero == (exact == Decision::no));
  }
}
