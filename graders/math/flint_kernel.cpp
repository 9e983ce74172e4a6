// SPDX-License-Identifier: MIT
// FLINT's rationals, Arb's complex balls, Calcium through its shim.
#include <acb.h>
#include <acb_hypgeom.h>
#include <flint/fmpq.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "graders/math/ca_shim.h"
#include "graders/math/numeric_kernel.h"

namespace proctor::math {
namespace {

constexpr int64_t kMaxBits = int64_t{1} << 20; // of one exact number
constexpr int64_t kMaxWork = int64_t{1} << 24; // bits handled by one exact evaluation
constexpr int64_t kMaxFactorial = 100000;
constexpr int kMaxNestedFields = 5;

// FLINT caches memory per thread; this gives it back when the thread ends.
void cleanup_at_thread_exit() {
  struct Cleanup {
    ~Cleanup() { proctor_flint_cleanup(); }
  };
  thread_local Cleanup cleanup;
  (void)cleanup;
}

int operands(int op) {
  if (op <= PROCTOR_IMAGINARY) return 0;
  bool binary =
      (op >= PROCTOR_ADD && op <= PROCTOR_DIV) || op == PROCTOR_POW || (op >= PROCTOR_BINOMIAL && op <= PROCTOR_MOD);
  return binary ? 2 : 1;
}

// How deep roots and functions stand inside each other: each is a field over the one below, and Calcium, which cannot
// be interrupted, takes twice as long for every further one.
int nesting(const Tape& tape) {
  std::vector<int> stack;
  bool plain_exponent = false; // x^2 needs no new field
  for (const proctor_step& step : tape.steps) {
    int n = operands(step.op);
    bool extends = n == 1 ? step.op != PROCTOR_NEG : step.op == PROCTOR_POW && !plain_exponent;
    plain_exponent = step.op == PROCTOR_NUMBER || (step.op == PROCTOR_NEG && plain_exponent);
    int depth = 0;
    for (int i = 0; i < n && !stack.empty(); ++i) depth = std::max(depth, stack.back()), stack.pop_back();
    stack.push_back(depth + (extends ? 1 : 0));
  }
  return stack.empty() ? 0 : stack.back();
}

struct Rational {
  fmpq_t v;
  Rational() { fmpq_init(v); }
  ~Rational() { fmpq_clear(v); }
  Rational(const Rational&) = delete;
  Rational& operator=(const Rational&) = delete;
  Rational(Rational&& other) noexcept {
    fmpq_init(v);
    fmpq_swap(v, other.v);
  }
  int64_t bits() const { return static_cast<int64_t>(fmpz_bits(fmpq_numref(v)) + fmpz_bits(fmpq_denref(v))); }
  bool is_integer() const { return fmpz_is_one(fmpq_denref(v)); }
  std::optional<int64_t> small() const {
    if (!is_integer() || fmpz_bits(fmpq_numref(v)) > 40) return std::nullopt;
    return fmpz_get_si(fmpq_numref(v));
  }
};

// Exact evaluation of rational tapes within a budget of bits.
class RationalMachine {
 public:
  explicit RationalMachine(const Tape& tape) : tape_(tape) {}

  // The value, or null when the tape is not rational or too large.
  const Rational* run() {
    for (const proctor_step& step : tape_.steps)
      if (!execute(step)) return nullptr;
    return stack_.size() == 1 ? &stack_.back() : nullptr;
  }

 private:
  bool execute(const proctor_step& step) {
    bool ok = false;
    if (int n = operands(step.op); n == 0) {
      ok = leaf(step);
    } else if (n == 1) {
      ok = unary(step, stack_.back());
    } else {
      Rational right = std::move(stack_.back());
      stack_.pop_back();
      ok = binary(step.op, stack_.back(), right);
    }
    if (!ok) return false;
    work_ += stack_.back().bits();
    return work_ <= kMaxWork && stack_.back().bits() <= kMaxBits;
  }

  bool leaf(const proctor_step& step) {
    if (step.op != PROCTOR_NUMBER) return false;
    const Decimal& number = tape_.numbers[static_cast<size_t>(step.arg)];
    Rational& top = stack_.emplace_back();
    fmpz_set_str(fmpq_numref(top.v), number.digits.c_str(), 10);
    if (number.exponent == 0) return true;
    fmpz_t scale;
    fmpz_init(scale);
    fmpz_ui_pow_ui(scale, 10, static_cast<ulong>(std::abs(number.exponent)));
    if (number.exponent < 0)
      fmpq_div_fmpz(top.v, top.v, scale);
    else
      fmpq_mul_fmpz(top.v, top.v, scale);
    fmpz_clear(scale);
    return true;
  }

  bool unary(const proctor_step& step, Rational& x) {
    switch (step.op) {
    case PROCTOR_NEG: fmpq_neg(x.v, x.v); return true;
    case PROCTOR_ABS: fmpq_abs(x.v, x.v); return true;
    case PROCTOR_FLOOR: return round(x, false);
    case PROCTOR_CEIL: return round(x, true);
    case PROCTOR_FACTORIAL: return factorial(x);
    case PROCTOR_SQRT: return root(x, 2);
    case PROCTOR_ROOT: return root(x, static_cast<ulong>(step.arg));
    case PROCTOR_RE:
    case PROCTOR_CONJ: return true;
    case PROCTOR_IM: fmpq_zero(x.v); return true;
    case PROCTOR_SGN: fmpq_set_si(x.v, fmpq_sgn(x.v), 1); return true;
    default: return false;
    }
  }

  static bool round(Rational& x, bool up) {
    if (up)
      fmpz_cdiv_q(fmpq_numref(x.v), fmpq_numref(x.v), fmpq_denref(x.v));
    else
      fmpz_fdiv_q(fmpq_numref(x.v), fmpq_numref(x.v), fmpq_denref(x.v));
    fmpz_one(fmpq_denref(x.v));
    return true;
  }

  bool factorial(Rational& x) {
    auto n = x.small();
    if (!n || *n < 0 || *n > kMaxFactorial) return false;
    auto size = static_cast<double>(*n);
    if (size * std::log2(size + 2) > static_cast<double>(kMaxBits)) return false;
    fmpz_fac_ui(fmpq_numref(x.v), static_cast<ulong>(*n));
    return true;
  }

  // Perfect powers only.
  static bool root(Rational& x, ulong n) {
    bool negative = fmpq_sgn(x.v) < 0;
    if (negative && n % 2 == 0) return false;
    fmpq_abs(x.v, x.v);
    bool exact = fmpz_root(fmpq_numref(x.v), fmpq_numref(x.v), static_cast<slong>(n)) != 0;
    exact = exact && fmpz_root(fmpq_denref(x.v), fmpq_denref(x.v), static_cast<slong>(n)) != 0;
    if (negative) fmpq_neg(x.v, x.v);
    return exact;
  }

  bool binary(int op, Rational& a, const Rational& b) {
    switch (op) {
    case PROCTOR_ADD: fmpq_add(a.v, a.v, b.v); return true;
    case PROCTOR_SUB: fmpq_sub(a.v, a.v, b.v); return true;
    case PROCTOR_MUL: fmpq_mul(a.v, a.v, b.v); return true;
    case PROCTOR_DIV:
      if (fmpq_is_zero(b.v)) return false;
      fmpq_div(a.v, a.v, b.v);
      return true;
    case PROCTOR_POW: return power(a, b);
    case PROCTOR_BINOMIAL: return binomial(a, b);
    case PROCTOR_GCD: return gcd(a, b, true);
    case PROCTOR_LCM: return gcd(a, b, false);
    case PROCTOR_MAX:
    case PROCTOR_MIN:
      if ((fmpq_cmp(a.v, b.v) < 0) == (op == PROCTOR_MAX)) fmpq_set(a.v, b.v);
      return true;
    case PROCTOR_MOD: return modulo(a, b);
    default: return false;
    }
  }

  bool power(Rational& a, const Rational& b) {
    auto n = b.small();
    if (!n) return false;
    if (*n == 0) {
      if (fmpq_is_zero(a.v)) return false;
      fmpq_one(a.v);
      return true;
    }
    bool unit = fmpq_is_zero(a.v) || a.bits() <= 2; // 0, 1, -1
    int64_t times = unit ? 1 : std::abs(*n);
    if (times > kMaxBits || a.bits() * times > kMaxBits) return false;
    if (*n < 0 && fmpq_is_zero(a.v)) return false;
    fmpq_pow_si(a.v, a.v, static_cast<slong>(*n));
    return true;
  }

  static bool binomial(Rational& a, const Rational& b) {
    auto n = a.small(), k = b.small();
    if (!n || !k || *n < 0 || *n > kMaxFactorial) return false;
    if (*k < 0 || *k > *n) return fmpq_zero(a.v), true;
    fmpz_bin_uiui(fmpq_numref(a.v), static_cast<ulong>(*n), static_cast<ulong>(*k));
    return true;
  }

  // gcd(a/b, c/d) = gcd(ad, cb) / bd; lcm = |ab| / gcd.
  static bool gcd(Rational& a, const Rational& b, bool greatest) {
    Rational product, result;
    fmpq_mul(product.v, a.v, b.v);
    fmpq_abs(product.v, product.v);
    fmpq_gcd(result.v, a.v, b.v);
    fmpq_abs(result.v, result.v);
    if (!greatest) {
      if (fmpq_is_zero(result.v)) return fmpq_zero(a.v), true;
      fmpq_div(result.v, product.v, result.v);
    }
    fmpq_swap(a.v, result.v);
    return true;
  }

  static bool modulo(Rational& a, const Rational& b) {
    if (fmpq_is_zero(b.v)) return false;
    Rational quotient;
    fmpq_div(quotient.v, a.v, b.v);
    round(quotient, false);
    fmpq_mul(quotient.v, quotient.v, b.v);
    fmpq_sub(a.v, a.v, quotient.v);
    return true;
  }

  const Tape& tape_;
  std::vector<Rational> stack_;
  int64_t work_ = 0;
};

struct Ball {
  acb_t v;
  Ball() { acb_init(v); }
  ~Ball() { acb_clear(v); }
  Ball(const Ball&) = delete;
  Ball& operator=(const Ball&) = delete;
  Ball(Ball&& other) noexcept {
    acb_init(v);
    acb_swap(v, other.v);
  }
  bool real() const { return arb_is_zero(acb_imagref(v)); }
};

class BallMachine {
 public:
  BallMachine(const Tape& tape, std::span<const Fraction> point, int bits, bool real_only)
      : tape_(tape), point_(point), bits_(bits), real_only_(real_only) {}

  const Ball* run() {
    stack_.reserve(16);
    for (const proctor_step& step : tape_.steps) {
      bool ok = false;
      if (int n = operands(step.op); n == 0) {
        ok = leaf(step);
      } else if (n == 1) {
        ok = unary(step, stack_.back());
      } else {
        Ball right = std::move(stack_.back());
        stack_.pop_back();
        ok = binary(step.op, stack_.back(), right);
      }
      if (!ok || !acb_is_finite(stack_.back().v)) return nullptr;
      if (real_only_ && !stack_.back().real()) return nullptr;
    }
    return stack_.size() == 1 ? &stack_.back() : nullptr;
  }

 private:
  bool leaf(const proctor_step& step) {
    acb_struct* x = stack_.emplace_back().v;
    switch (step.op) {
    case PROCTOR_NUMBER: return number(tape_.numbers[static_cast<size_t>(step.arg)], acb_realref(x));
    case PROCTOR_VARIABLE: {
      if (static_cast<size_t>(step.arg) >= point_.size()) return false;
      const Fraction& value = point_[static_cast<size_t>(step.arg)];
      arb_set_si(acb_realref(x), value.top);
      arb_div_si(acb_realref(x), acb_realref(x), value.bottom, bits_);
      return true;
    }
    case PROCTOR_PI: arb_const_pi(acb_realref(x), bits_); return true;
    case PROCTOR_EULER: arb_const_e(acb_realref(x), bits_); return true;
    case PROCTOR_IMAGINARY: acb_onei(x); return true;
    default: return false;
    }
  }

  bool number(const Decimal& decimal, arb_struct* x) const {
    fmpz_t digits;
    fmpz_init(digits);
    fmpz_set_str(digits, decimal.digits.c_str(), 10);
    arb_set_fmpz(x, digits);
    fmpz_clear(digits);
    if (decimal.exponent == 0) return true;
    arb_t scale;
    arb_init(scale);
    arb_set_ui(scale, 10);
    arb_pow_ui(scale, scale, static_cast<ulong>(std::abs(decimal.exponent)), bits_ + 32);
    if (decimal.exponent < 0)
      arb_div(x, x, scale, bits_);
    else
      arb_mul(x, x, scale, bits_);
    arb_clear(scale);
    return true;
  }

  bool unary(const proctor_step& step, Ball& ball) {
    acb_struct* x = ball.v;
    switch (step.op) {
    case PROCTOR_NEG: acb_neg(x, x); return true;
    case PROCTOR_SQRT: acb_sqrt(x, x, bits_); return true;
    case PROCTOR_ROOT: return root(ball, static_cast<ulong>(step.arg));
    case PROCTOR_LN: return logarithm(ball);
    case PROCTOR_SIN: acb_sin(x, x, bits_); return true;
    case PROCTOR_COS: acb_cos(x, x, bits_); return true;
    case PROCTOR_TAN: acb_tan(x, x, bits_); return true;
    case PROCTOR_ASIN: acb_asin(x, x, bits_); return true;
    case PROCTOR_ACOS: acb_acos(x, x, bits_); return true;
    case PROCTOR_ATAN: acb_atan(x, x, bits_); return true;
    case PROCTOR_SINH: acb_sinh(x, x, bits_); return true;
    case PROCTOR_COSH: acb_cosh(x, x, bits_); return true;
    case PROCTOR_TANH: acb_tanh(x, x, bits_); return true;
    case PROCTOR_ASINH: acb_asinh(x, x, bits_); return true;
    case PROCTOR_ACOSH: acb_acosh(x, x, bits_); return true;
    case PROCTOR_ATANH: acb_atanh(x, x, bits_); return true;
    case PROCTOR_ABS:
      acb_abs(acb_realref(x), x, bits_);
      arb_zero(acb_imagref(x));
      return true;
    case PROCTOR_FLOOR:
      if (!ball.real()) return false;
      arb_floor(acb_realref(x), acb_realref(x), bits_);
      return true;
    case PROCTOR_CEIL:
      if (!ball.real()) return false;
      arb_ceil(acb_realref(x), acb_realref(x), bits_);
      return true;
    case PROCTOR_FACTORIAL: return factorial(ball);
    case PROCTOR_RE: arb_zero(acb_imagref(x)); return true;
    case PROCTOR_CONJ: acb_conj(x, x); return true;
    case PROCTOR_IM:
      arb_swap(acb_realref(x), acb_imagref(x));
      arb_zero(acb_imagref(x));
      return true;
    case PROCTOR_ARG:
      acb_arg(acb_realref(x), x, bits_);
      arb_zero(acb_imagref(x));
      return true;
    case PROCTOR_SGN: acb_sgn(x, x, bits_); return true;
    default: return false;
    }
  }

  bool logarithm(Ball& ball) const {
    if (acb_contains_zero(ball.v)) return false;
    acb_log(ball.v, ball.v, bits_);
    return true;
  }

  bool root(Ball& ball, ulong n) const {
    arb_struct* x = acb_realref(ball.v);
    if (!ball.real()) {
      acb_root_ui(ball.v, ball.v, n, bits_);
      return true;
    }
    bool odd = n % 2 == 1;
    if (arb_is_nonnegative(x)) {
      arb_root_ui(x, x, n, bits_);
    } else if (odd && arb_is_negative(x)) {
      arb_neg(x, x);
      arb_root_ui(x, x, n, bits_);
      arb_neg(x, x);
    } else if (odd) { // around zero
      arb_t bound;
      arb_init(bound);
      arb_get_abs_ubound_arf(arb_midref(bound), x, bits_);
      arb_root_ui(bound, bound, n, bits_);
      arb_zero(x);
      arb_add_error(x, bound);
      arb_clear(bound);
    } else {
      acb_root_ui(ball.v, ball.v, n, bits_);
    }
    return true;
  }

  bool factorial(Ball& ball) const {
    mag_t size;
    mag_init(size);
    acb_get_mag(size, ball.v);
    bool small = mag_cmp_2exp_si(size, 40) < 0;
    mag_clear(size);
    if (!small) return false;
    acb_add_ui(ball.v, ball.v, 1, bits_);
    acb_gamma(ball.v, ball.v, bits_);
    return true;
  }

  bool binary(int op, Ball& left, const Ball& right) const {
    acb_struct* a = left.v;
    const acb_struct* b = right.v;
    switch (op) {
    case PROCTOR_ADD: acb_add(a, a, b, bits_); return true;
    case PROCTOR_SUB: acb_sub(a, a, b, bits_); return true;
    case PROCTOR_MUL: acb_mul(a, a, b, bits_); return true;
    case PROCTOR_DIV:
      if (acb_contains_zero(b)) return false;
      acb_div(a, a, b, bits_);
      return true;
    case PROCTOR_POW:
      if (acb_contains_zero(a) && !arb_is_positive(acb_realref(b))) return false;
      acb_pow(a, a, b, bits_);
      return true;
    case PROCTOR_BINOMIAL: return binomial(left, right);
    case PROCTOR_MAX:
    case PROCTOR_MIN:
      if (!left.real() || !right.real()) return false;
      if (op == PROCTOR_MAX)
        arb_max(acb_realref(a), acb_realref(a), acb_realref(b), bits_);
      else
        arb_min(acb_realref(a), acb_realref(a), acb_realref(b), bits_);
      return true;
    case PROCTOR_MOD: return modulo(left, right);
    default: return false;
    }
  }

  // n (n-1) ... (n-k+1) / k! for small k, else by factorials.
  bool binomial(Ball& n, const Ball& k) const {
    const arb_struct* count = acb_realref(k.v);
    bool small = k.real() && arb_is_exact(count) && arf_is_int(arb_midref(count)) &&
                 arf_cmpabs_2exp_si(arb_midref(count), 8) < 0 && arf_sgn(arb_midref(count)) >= 0;
    if (small) {
      auto times = static_cast<ulong>(arf_get_si(arb_midref(count), ARF_RND_DOWN));
      Ball top;
      acb_one(top.v);
      for (ulong i = 0; i < times; ++i) {
        acb_mul(top.v, top.v, n.v, bits_);
        acb_sub_ui(n.v, n.v, 1, bits_);
        acb_div_ui(top.v, top.v, i + 1, bits_);
      }
      acb_swap(n.v, top.v);
      return true;
    }
    Ball rest, below;
    acb_sub(rest.v, n.v, k.v, bits_);
    acb_set(below.v, k.v);
    if (!factorial(n) || !factorial(rest) || !factorial(below)) return false;
    acb_mul(below.v, below.v, rest.v, bits_);
    if (!acb_is_finite(below.v) || acb_contains_zero(below.v)) return false;
    acb_div(n.v, n.v, below.v, bits_);
    return true;
  }

  bool modulo(Ball& a, const Ball& b) const {
    if (!a.real() || !b.real() || arb_contains_zero(acb_realref(b.v))) return false;
    Ball quotient;
    arb_struct* q = acb_realref(quotient.v);
    arb_div(q, acb_realref(a.v), acb_realref(b.v), bits_);
    arb_floor(q, q, bits_);
    arb_submul(acb_realref(a.v), q, acb_realref(b.v), bits_);
    return true;
  }

  const Tape& tape_;
  std::span<const Fraction> point_;
  slong bits_;
  bool real_only_;
  std::vector<Ball> stack_;
};

// The tape as the shim takes it; views the tape.
struct CTape {
  explicit CTape(const Tape& tape) {
    for (const Decimal& number : tape.numbers) {
      digits.push_back(number.digits.c_str());
      exponents.push_back(number.exponent);
    }
    view = {tape.steps.data(), tape.steps.size(), digits.data(), exponents.data(), tape.variables.size()};
  }
  std::vector<const char*> digits;
  std::vector<int> exponents;
  proctor_tape view{};
};

Decision decision(proctor_truth truth) {
  switch (truth) {
  case PROCTOR_TRUE: return Decision::yes;
  case PROCTOR_FALSE: return Decision::no;
  default: return Decision::unknown;
  }
}

class FlintKernel final : public NumericKernel {
 public:
  std::string_view name() const override { return "flint"; }

  Decision rational_is_zero(const Tape& tape) const override {
    cleanup_at_thread_exit();
    RationalMachine machine(tape);
    const Rational* value = machine.run();
    if (value == nullptr) return Decision::unknown;
    return fmpq_is_zero(value->v) ? Decision::yes : Decision::no;
  }

  std::optional<std::string> rational(const Tape& tape, int max_bits) const override {
    cleanup_at_thread_exit();
    RationalMachine machine(tape);
    const Rational* value = machine.run();
    if (value == nullptr || value->bits() > max_bits) return std::nullopt;
    char* text = fmpq_get_str(nullptr, 10, value->v);
    std::string result(text);
    flint_free(text);
    return result;
  }

  Decision rational_function_is_zero(const Tape& tape) const override {
    if (tape.steps.size() > 400 || tape.variables.size() > 12) return Decision::unknown;
    cleanup_at_thread_exit();
    CTape c(tape);
    return decision(proctor_mpoly_q_is_zero(&c.view));
  }

  Enclosure enclose(const Tape& tape, std::span<const Fraction> point, int bits, bool real_only) const override {
    cleanup_at_thread_exit();
    BallMachine machine(tape, point, bits, real_only);
    const Ball* value = machine.run();
    Enclosure result;
    if (value == nullptr) return result;
    result.defined = true;
    result.excludes_zero = !acb_contains_zero(value->v);
    if (value->real())
      result.sign = arb_is_positive(acb_realref(value->v)) ? 1 : arb_is_negative(acb_realref(value->v)) ? -1 : 0;
    mag_t bound;
    mag_init(bound);
    acb_get_mag(bound, value->v);
    result.log2_bound = mag_is_zero(bound) ? -INFINITY : mag_get_d_log2_approx(bound);
    mag_clear(bound);
    result.middle = arf_get_d(arb_midref(acb_realref(value->v)), ARF_RND_NEAR);
    return result;
  }

  Decision exact_is_zero(const Tape& tape) const override {
    if (!tape.closed() || tape.steps.size() > 400 || nesting(tape) > kMaxNestedFields) return Decision::unknown;
    cleanup_at_thread_exit();
    CTape c(tape);
    return decision(proctor_ca_is_zero(&c.view));
  }
};

} // namespace

std::unique_ptr<NumericKernel> make_flint_kernel() { return std::make_unique<FlintKernel>(); }

const NumericKernel& default_kernel() {
  static const FlintKernel kKernel;
  return kKernel;
}

} // namespace proctor::math
