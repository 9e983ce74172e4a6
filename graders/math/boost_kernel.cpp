// SPDX-License-Identifier: MIT
// The kernel for machines without FLINT, and the second opinion of its tests: rationals are exact; real values carry
// an error bound that is estimated from the largest intermediate value, not proved; complex numbers and exact fields
// are unknown.
#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>

#include "graders/math/numeric_kernel.h"

namespace proctor::math {
namespace {

namespace mp = boost::multiprecision;
using Rational = mp::cpp_rational;
using Integer = mp::cpp_int;
using Real = mp::number<mp::cpp_bin_float<320, mp::digit_base_2>, mp::et_off>;

constexpr int kLostBits = 70;           // of Real's 320, taken as noise
constexpr int64_t kMaxBits = 1 << 16;   // of one exact number
constexpr int32_t kMaxExponent = 10000; // of a decimal
constexpr int64_t kMaxFactorial = 1000;

// The stack machine of a tape; Value's operations are in Arithmetic. False: undefined or beyond a bound.
template <class Arithmetic> class Machine {
 public:
  Machine(const Tape& tape, Arithmetic& arithmetic) : tape_(tape), arithmetic_(arithmetic) {}

  std::optional<typename Arithmetic::Value> run() {
    for (const proctor_step& step : tape_.steps)
      if (!execute(step)) return std::nullopt;
    if (stack_.size() != 1) return std::nullopt;
    return std::move(stack_.back());
  }

 private:
  static bool is_binary(int op) {
    return (op >= PROCTOR_ADD && op <= PROCTOR_DIV) || op == PROCTOR_POW ||
           (op >= PROCTOR_BINOMIAL && op <= PROCTOR_MOD);
  }

  bool execute(const proctor_step& step) {
    if (step.op == PROCTOR_NUMBER)
      return arithmetic_.number(tape_.numbers[static_cast<size_t>(step.arg)], stack_.emplace_back());
    if (step.op <= PROCTOR_IMAGINARY) return arithmetic_.leaf(step, stack_.emplace_back());
    if (!is_binary(step.op)) return arithmetic_.unary(step, stack_.back());
    auto right = std::move(stack_.back());
    stack_.pop_back();
    return arithmetic_.binary(step.op, stack_.back(), right);
  }

  const Tape& tape_;
  Arithmetic& arithmetic_;
  std::vector<typename Arithmetic::Value> stack_;
};

Integer power_of_ten(int32_t exponent) { return mp::pow(Integer(10), static_cast<unsigned>(exponent)); }

int64_t bits(const Rational& x) {
  auto length = [](const Integer& n) { return n == 0 ? int64_t{0} : static_cast<int64_t>(mp::msb(mp::abs(n))) + 1; };
  return length(mp::numerator(x)) + length(mp::denominator(x));
}

std::optional<int64_t> small(const Rational& x) {
  if (mp::denominator(x) != 1 || bits(x) > 40) return std::nullopt;
  return static_cast<int64_t>(mp::numerator(x));
}

Integer floor_of(const Rational& x) {
  Integer quotient, remainder;
  mp::divide_qr(mp::numerator(x), mp::denominator(x), quotient, remainder);
  return remainder < 0 ? Integer(quotient - 1) : quotient;
}

struct Rationals {
  using Value = Rational;
  std::span<const Fraction> point;

  static bool number(const Decimal& decimal, Value& x) {
    if (std::abs(decimal.exponent) > kMaxExponent || decimal.digits.size() > kMaxExponent) return false;
    Integer digits(decimal.digits);
    x = decimal.exponent < 0 ? Rational(digits, power_of_ten(-decimal.exponent))
                             : Rational(digits * power_of_ten(decimal.exponent));
    return true;
  }

  bool leaf(const proctor_step& step, Value& x) const {
    if (step.op != PROCTOR_VARIABLE || static_cast<size_t>(step.arg) >= point.size()) return false;
    const Fraction& value = point[static_cast<size_t>(step.arg)];
    x = Rational(value.top, value.bottom);
    return true;
  }

  static bool unary(const proctor_step& step, Value& x) {
    switch (step.op) {
    case PROCTOR_NEG: x = -x; return true;
    case PROCTOR_ABS: x = mp::abs(x); return true;
    case PROCTOR_FLOOR: x = floor_of(x); return true;
    case PROCTOR_CEIL: x = -floor_of(-x); return true;
    case PROCTOR_RE:
    case PROCTOR_CONJ: return true;
    case PROCTOR_FACTORIAL: return factorial(x);
    default: return false;
    }
  }

  static bool factorial(Value& x) {
    auto n = small(x);
    if (!n || *n < 0 || *n > kMaxFactorial) return false;
    x = 1;
    for (int64_t k = 2; k <= *n; ++k) x *= k;
    return true;
  }

  static bool binary(int op, Value& a, const Value& b) {
    switch (op) {
    case PROCTOR_ADD: a += b; break;
    case PROCTOR_SUB: a -= b; break;
    case PROCTOR_MUL: a *= b; break;
    case PROCTOR_DIV:
      if (b == 0) return false;
      a /= b;
      break;
    case PROCTOR_POW: return power(a, b);
    case PROCTOR_BINOMIAL: return binomial(a, b);
    case PROCTOR_MAX: a = std::max(a, b); break;
    case PROCTOR_MIN: a = std::min(a, b); break;
    case PROCTOR_MOD:
      if (b == 0) return false;
      a -= b * floor_of(a / b);
      break;
    default: return false;
    }
    return bits(a) <= kMaxBits;
  }

  static bool power(Value& a, const Value& b) {
    auto n = small(b);
    if (!n || (a == 0 && *n <= 0) || std::abs(*n) > kMaxBits || bits(a) * std::abs(*n) > kMaxBits) return false;
    auto times = static_cast<unsigned>(std::abs(*n));
    Rational raised(mp::pow(mp::numerator(a), times), mp::pow(mp::denominator(a), times));
    a = *n < 0 ? Rational(1 / raised) : raised;
    return true;
  }

  static bool binomial(Value& a, const Value& b) {
    auto n = small(a), k = small(b);
    if (!n || !k || *n < 0 || *n > kMaxFactorial) return false;
    Rational result = *k < 0 || *k > *n ? 0 : 1;
    for (int64_t i = 0; result != 0 && i < *k; ++i) result = result * (*n - i) / (i + 1);
    a = result;
    return true;
  }
};

struct Reals {
  using Value = Real;
  std::span<const Fraction> point;
  Real largest = 1;

  bool seen(Value& x) {
    if (!mp::isfinite(x)) return false;
    largest = std::max<Real>(largest, mp::abs(x));
    return true;
  }

  bool number(const Decimal& decimal, Value& x) {
    Rational exact;
    if (!Rationals::number(decimal, exact)) return false;
    x = Real(mp::numerator(exact)) / Real(mp::denominator(exact));
    return seen(x);
  }

  bool leaf(const proctor_step& step, Value& x) {
    if (step.op == PROCTOR_PI) return x = boost::math::constants::pi<Real>(), true;
    if (step.op == PROCTOR_EULER) return x = boost::math::constants::e<Real>(), true;
    if (step.op != PROCTOR_VARIABLE || static_cast<size_t>(step.arg) >= point.size()) return false;
    const Fraction& value = point[static_cast<size_t>(step.arg)];
    x = Real(value.top) / Real(value.bottom);
    return seen(x);
  }

  bool unary(const proctor_step& step, Value& x) {
    switch (step.op) {
    case PROCTOR_NEG: x = -x; break;
    case PROCTOR_ABS: x = mp::abs(x); break;
    case PROCTOR_SQRT:
      if (x < 0) return false;
      x = mp::sqrt(x);
      break;
    case PROCTOR_ROOT:
      if (x < 0 && step.arg % 2 == 0) return false;
      x = x < 0 ? Real(-mp::pow(Real(-x), Real(1) / step.arg)) : x == 0 ? x : Real(mp::pow(x, Real(1) / step.arg));
      break;
    case PROCTOR_LN:
      if (x <= 0) return false;
      x = mp::log(x);
      break;
    case PROCTOR_SIN: x = mp::sin(x); break;
    case PROCTOR_COS: x = mp::cos(x); break;
    case PROCTOR_TAN: x = mp::tan(x); break;
    case PROCTOR_ASIN:
    case PROCTOR_ACOS:
      if (mp::abs(x) > 1) return false;
      x = step.op == PROCTOR_ASIN ? Real(mp::asin(x)) : Real(mp::acos(x));
      break;
    case PROCTOR_ATAN: x = mp::atan(x); break;
    case PROCTOR_SINH: x = mp::sinh(x); break;
    case PROCTOR_COSH: x = mp::cosh(x); break;
    case PROCTOR_TANH: x = mp::tanh(x); break;
    case PROCTOR_RE:
    case PROCTOR_CONJ: break;
    default: return false;
    }
    return seen(x);
  }

  bool binary(int op, Value& a, const Value& b) {
    switch (op) {
    case PROCTOR_ADD: a += b; break;
    case PROCTOR_SUB: a -= b; break;
    case PROCTOR_MUL: a *= b; break;
    case PROCTOR_DIV:
      if (b == 0) return false;
      a /= b;
      break;
    case PROCTOR_POW: {
      bool whole = mp::floor(b) == b && mp::abs(b) < 1000000;
      if ((a < 0 && !whole) || (a == 0 && b <= 0) || mp::abs(b) > 1000000) return false;
      a = a == 0 ? Real(0) : Real(mp::pow(a, b));
      break;
    }
    case PROCTOR_MAX: a = std::max(a, b); break;
    case PROCTOR_MIN: a = std::min(a, b); break;
    default: return false;
    }
    return seen(a);
  }
};

bool is_rational_function(const Tape& tape) {
  return std::all_of(tape.steps.begin(), tape.steps.end(), [](const proctor_step& step) {
    return step.op <= PROCTOR_VARIABLE || (step.op >= PROCTOR_ADD && step.op <= PROCTOR_POW);
  });
}

class BoostKernel final : public NumericKernel {
 public:
  std::string_view name() const override { return "boost"; }

  Decision rational_is_zero(const Tape& tape) const override {
    auto value = rational_at(tape, {});
    return !value ? Decision::unknown : *value == 0 ? Decision::yes : Decision::no;
  }

  std::optional<std::string> rational(const Tape& tape, int max_bits) const override {
    auto value = rational_at(tape, {});
    if (!value || bits(*value) > max_bits) return std::nullopt;
    return value->str();
  }

  // Refuted at a point; never proved.
  Decision rational_function_is_zero(const Tape& tape) const override {
    if (!is_rational_function(tape) || tape.steps.size() > 400) return Decision::unknown;
    std::vector<Fraction> point;
    for (size_t i = 0; i < tape.variables.size(); ++i) point.push_back({static_cast<int64_t>(1009 + 97 * i * i), 89});
    auto value = rational_at(tape, point);
    return value && *value != 0 ? Decision::no : Decision::unknown;
  }

  Enclosure enclose(const Tape& tape, std::span<const Fraction> point, int, bool) const override {
    Reals reals{point};
    auto value = Machine(tape, reals).run();
    Enclosure result;
    if (!value) return result;
    Real error = mp::ldexp(reals.largest, kLostBits - 320);
    result.defined = true;
    result.excludes_zero = mp::abs(*value) > error;
    result.sign = !result.excludes_zero ? 0 : *value > 0 ? 1 : -1;
    result.log2_bound = static_cast<double>(mp::log2(Real(mp::abs(*value) + error)));
    result.middle = static_cast<double>(*value);
    return result;
  }

  Decision exact_is_zero(const Tape&) const override { return Decision::unknown; }

 private:
  static std::optional<Rational> rational_at(const Tape& tape, std::span<const Fraction> point) {
    Rationals rationals{point};
    return Machine(tape, rationals).run();
  }
};

} // namespace

std::unique_ptr<NumericKernel> make_boost_kernel() { return std::make_unique<BoostKernel>(); }

} // namespace proctor::math
