// SPDX-License-Identifier: MIT
#include "harness/text/jinja_numbers.h"

#include <cmath>

namespace proctor::jinja {
namespace {

Value whole(std::string_view op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool over = op == "+"   ? __builtin_add_overflow(a, b, &result)
              : op == "-" ? __builtin_sub_overflow(a, b, &result)
                          : op == "*" && __builtin_mul_overflow(a, b, &result);
  if (over || (a == INT64_MIN && b == -1)) fail("an integer is beyond 64 bits");
  if (op == "+" || op == "-" || op == "*") return result;
  if (b == 0) fail("integer division or modulo by zero");
  int64_t remainder = a % b, quotient = a / b;
  if (remainder != 0 && (remainder < 0) != (b < 0)) {
    remainder += b;
    --quotient;
  }
  return op == "//" ? quotient : remainder;
}

// a // b and a % b: the remainder has the sign of b, also where it is 0.
Value divided(bool quotient_wanted, double a, double b) {
  if (b == 0) fail("division by zero");
  double remainder = std::fmod(a, b), quotient = (a - remainder) / b;
  if (remainder != 0 && (remainder < 0) != (b < 0)) {
    remainder += b;
    quotient -= 1;
  }
  if (!quotient_wanted) return remainder == 0 ? std::copysign(0.0, b) : remainder;
  if (quotient == 0) return std::copysign(0.0, a / b);
  double down = std::floor(quotient);
  return quotient - down > 0.5 ? down + 1 : down;
}

int64_t whole_power(int64_t base, int64_t exponent) {
  int64_t result = 1;
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  for (; exponent > 0; --exponent)
    if (__builtin_mul_overflow(result, base, &result)) fail("an integer is beyond 64 bits");
  return result;
}

Value power(const Value& left, const Value& right) {
  if (left.integer() && right.integer() && *right.integer() >= 0)
    return whole_power(*left.integer(), *right.integer());
  double a = left.real(), b = right.real(), result = std::pow(a, b);
  if (a == 0 && b < 0) fail("0.0 cannot be raised to a negative power");
  if (std::isnan(result) && !std::isnan(a) && !std::isnan(b)) fail("complex numbers are not supported");
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) fail("the result of ** is too large");
  return result;
}

} // namespace

Value arithmetic(std::string_view op, const Value& left, const Value& right) {
  if (op == "**") return power(left, right);
  if (op == "/") {
    if (right.real() == 0) fail("division by zero");
    return left.real() / right.real();
  }
  if (left.integer() && right.integer()) return whole(op, *left.integer(), *right.integer());
  double a = left.real(), b = right.real();
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  return op == "*" ? Value(a * b) : divided(op == "//", a, b);
}

} // namespace proctor::jinja
