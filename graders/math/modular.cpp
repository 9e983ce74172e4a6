// SPDX-License-Identifier: MIT
// Each value is kept modulo a chain m0 = p, m1 = phi(m0), m2 = phi(m1), ..., because a power modulo m needs its
// exponent modulo phi(m): a^e = a^(e mod phi(m) + phi(m)) mod m for e >= log2 m (Euler's theorem, generalised).
#include "graders/math/modular.h"

#include <algorithm>
#include <array>

namespace proctor::math {
namespace {

using Wide = unsigned __int128;

// 31-bit primes, so that totients are found by trial division.
constexpr std::array<uint64_t, 3> kPrimes = {2147483647, 2147483629, 2147483587};
constexpr int64_t kSmall = int64_t{1} << 40;
constexpr int64_t kMaxFactorial = 20000;

uint64_t totient(uint64_t n) {
  uint64_t result = n;
  for (uint64_t p = 2; p * p <= n; ++p) {
    if (n % p != 0) continue;
    while (n % p == 0) n /= p;
    result -= result / p;
  }
  return n > 1 ? result - result / n : result;
}

uint64_t power(uint64_t base, uint64_t exponent, uint64_t m) {
  uint64_t result = 1 % m;
  base %= m;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = static_cast<uint64_t>(Wide(result) * base % m);
    base = static_cast<uint64_t>(Wide(base) * base % m);
  }
  return result;
}

struct Value {
  std::vector<uint64_t> residues; // modulo the chain
  int64_t small = 0;              // the value itself while it is small
  bool is_small = true;           // |value| < 2^40
  bool is_large_positive = false; // certainly > 2^40
};

class Machine {
 public:
  Machine(const Tape& tape, uint64_t prime) : tape_(tape) {
    for (uint64_t m = prime; m > 1; m = totient(m)) chain_.push_back(m);
    chain_.push_back(1);
  }

  // Certainly not zero modulo the prime.
  bool differs() {
    for (const proctor_step& step : tape_.steps)
      if (!execute(step)) return false;
    return stack_.size() == 1 && stack_[0].residues[0] != 0;
  }

 private:
  Value of(int64_t value) const {
    Value result;
    result.small = value;
    for (uint64_t m : chain_) {
      uint64_t r = static_cast<uint64_t>(value < 0 ? -value : value) % m;
      result.residues.push_back(value < 0 && r != 0 ? m - r : r);
    }
    return result;
  }

  bool execute(const proctor_step& step) {
    if (step.op == PROCTOR_NUMBER) return number(tape_.numbers[static_cast<size_t>(step.arg)]);
    if (step.op < PROCTOR_ADD || stack_.empty()) return false;
    if (step.op == PROCTOR_NEG) return negate(stack_.back());
    if (step.op == PROCTOR_FACTORIAL) return factorial(stack_.back());
    if (stack_.size() < 2) return false;
    Value right = std::move(stack_.back());
    stack_.pop_back();
    Value& left = stack_.back();
    switch (step.op) {
    case PROCTOR_ADD: return add(left, right, false);
    case PROCTOR_SUB: return add(left, right, true);
    case PROCTOR_MUL: return multiply(left, right);
    case PROCTOR_POW: return raise(left, right);
    default: return false;
    }
  }

  bool number(const Decimal& decimal) {
    if (decimal.exponent < 0 || decimal.exponent > 18) return false;
    std::string digits = decimal.digits + std::string(static_cast<size_t>(decimal.exponent), '0');
    Value value = of(0);
    for (size_t level = 0; level < chain_.size(); ++level)
      for (char c : digits)
        value.residues[level] = static_cast<uint64_t>(
            (Wide(value.residues[level]) * 10 + static_cast<unsigned>(c - '0')) % chain_[level]);
    value.is_small = digits.size() <= 12;
    value.is_large_positive = digits.size() > 13;
    value.small = value.is_small ? std::stoll(digits) : 0;
    stack_.push_back(std::move(value));
    return value.is_small || value.is_large_positive;
  }

  bool negate(Value& x) const {
    x.small = -x.small;
    x.is_large_positive = false;
    for (size_t i = 0; i < chain_.size(); ++i)
      if (x.residues[i] != 0) x.residues[i] = chain_[i] - x.residues[i];
    return true;
  }

  bool add(Value& a, const Value& b, bool subtract) const {
    Value other = b;
    if (subtract) negate(other);
    for (size_t i = 0; i < chain_.size(); ++i) a.residues[i] = (a.residues[i] + other.residues[i]) % chain_[i];
    bool large = (a.is_large_positive && (other.is_large_positive || (other.is_small && other.small >= 0))) ||
                 (other.is_large_positive && a.is_small && a.small >= 0);
    a.is_small = a.is_small && other.is_small && std::abs(a.small + other.small) < kSmall;
    a.small = a.is_small ? a.small + other.small : 0;
    a.is_large_positive = large;
    return true;
  }

  bool multiply(Value& a, const Value& b) const {
    for (size_t i = 0; i < chain_.size(); ++i)
      a.residues[i] = static_cast<uint64_t>(Wide(a.residues[i]) * b.residues[i] % chain_[i]);
    auto positive = [](const Value& v) { return v.is_large_positive || (v.is_small && v.small > 0); };
    bool large = positive(a) && positive(b) && (a.is_large_positive || b.is_large_positive);
    int64_t product = 0;
    bool fits =
        a.is_small && b.is_small && !__builtin_mul_overflow(a.small, b.small, &product) && std::abs(product) < kSmall;
    if (!fits && a.is_small && b.is_small) large = a.small > 0 && b.small > 0;
    a.is_small = fits;
    a.small = fits ? product : 0;
    a.is_large_positive = large;
    return true;
  }

  bool raise(Value& a, const Value& e) const {
    if (!e.is_large_positive && !(e.is_small && e.small >= 0)) return false;
    bool base_grows = a.is_large_positive || (a.is_small && a.small >= 2);
    if (!base_grows) return false;
    Value result = of(1);
    for (size_t i = 0; i < chain_.size(); ++i) {
      // the last modulus is 1
      uint64_t exponent = e.is_small              ? static_cast<uint64_t>(e.small)
                          : i + 1 < chain_.size() ? e.residues[i + 1] + chain_[i + 1]
                                                  : 0;
      result.residues[i] = power(a.residues[i], exponent, chain_[i]);
    }
    result.is_small = true;
    result.small = 1;
    for (int64_t n = 0; result.is_small && (!e.is_small || n < e.small); ++n) {
      bool over =
          !a.is_small || __builtin_mul_overflow(result.small, a.small, &result.small) || result.small >= kSmall;
      result.is_small = !over;
    }
    if (!result.is_small) result.small = 0, result.is_large_positive = true;
    a = std::move(result);
    return true;
  }

  bool factorial(Value& x) const {
    if (!x.is_small || x.small < 0 || x.small > kMaxFactorial) return false;
    Value result = of(1);
    for (int64_t n = 2; n <= x.small; ++n) multiply(result, of(n));
    x = std::move(result);
    return true;
  }

  const Tape& tape_;
  std::vector<uint64_t> chain_;
  std::vector<Value> stack_;
};

} // namespace

bool residues_differ(const Tape& tape) {
  if (!tape.closed() || tape.steps.size() > 2000) return false;
  return std::any_of(kPrimes.begin(), kPrimes.end(), [&](uint64_t p) { return Machine(tape, p).differs(); });
}

} // namespace proctor::math
