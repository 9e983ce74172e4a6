// SPDX-License-Identifier: MIT
#include "graders/math/monomial.h"

#include <algorithm>
#include <numeric>

namespace proctor::math {
namespace {

constexpr int64_t kLimit = int64_t{1} << 53;

bool scale(Monomial& m, int64_t top, int64_t bottom) {
  if (__builtin_mul_overflow(m.top, top, &m.top) || __builtin_mul_overflow(m.bottom, bottom, &m.bottom)) return false;
  if (m.bottom == 0 || std::abs(m.top) > kLimit || m.bottom > kLimit) return false;
  int64_t common = std::gcd(m.top, m.bottom);
  m.top /= common, m.bottom /= common;
  return true;
}

Factor* find(Monomial& m, const std::string& key) {
  auto hit = std::find_if(m.factors.begin(), m.factors.end(), [&](const Factor& f) { return f.key == key; });
  return hit == m.factors.end() ? nullptr : &*hit;
}

void multiply(Monomial& m, const Tree& tree, Ref base, int64_t power) {
  std::string key = canonical(tree, base);
  if (Factor* same = find(m, key))
    same->power += power;
  else
    m.factors.push_back({std::move(key), base, power});
}

bool decimal(Monomial& m, const Tree& tree, Ref node) {
  int64_t digits = 0, ten = 1;
  if (tree.name(node).size() > 15 || std::abs(tree.at(node).value) > 15) return false;
  for (char c : tree.name(node)) digits = digits * 10 + (c - '0');
  for (int i = 0; i < std::abs(tree.at(node).value); ++i) ten *= 10;
  return tree.at(node).value < 0 ? scale(m, digits, ten) : scale(m, digits, 1) && scale(m, ten, 1);
}

// The root of a square is rational.
std::optional<int64_t> exact_root(int64_t square) {
  int64_t root = 0;
  while (root * root < square && root < 100000) ++root;
  return root * root == square ? std::optional(root) : std::nullopt;
}

bool collect(Monomial& m, const Tree& tree, Ref node, bool inverted);

bool power_of(Monomial& m, const Tree& tree, Ref node, bool inverted) {
  auto exponent = small_integer(tree, tree.kid(node, 1));
  if (!exponent || std::abs(*exponent) > 64) return false;
  bool down = inverted != (*exponent < 0);
  for (int64_t i = 0; i < std::abs(*exponent); ++i)
    if (!collect(m, tree, tree.kid(node, 0), down)) return false;
  return true;
}

bool surd(Monomial& m, const Tree& tree, Ref node, bool inverted) {
  auto inner = small_integer(tree, tree.kid(node, 0));
  auto root = inner && *inner > 0 ? exact_root(*inner) : std::nullopt;
  if (root) return inverted ? scale(m, 1, *root) : scale(m, *root, 1);
  return multiply(m, tree, node, inverted ? -1 : 1), true;
}

bool collect(Monomial& m, const Tree& tree, Ref node, bool inverted) {
  switch (tree.kind(node)) {
  case Kind::number: {
    Monomial number;
    if (!decimal(number, tree, node)) return false;
    return inverted ? number.top != 0 && scale(m, number.bottom, number.top) : scale(m, number.top, number.bottom);
  }
  case Kind::negate: return collect(m, tree, tree.kid(node, 0), inverted);
  case Kind::product:
    return std::all_of(tree.kids(node).begin(), tree.kids(node).end(),
                       [&](Ref kid) { return collect(m, tree, kid, inverted); });
  case Kind::quotient:
    return collect(m, tree, tree.kid(node, 0), inverted) && collect(m, tree, tree.kid(node, 1), !inverted);
  case Kind::power: return power_of(m, tree, node, inverted);
  case Kind::symbol:
  case Kind::pi:
  case Kind::euler: return multiply(m, tree, node, inverted ? -1 : 1), true;
  case Kind::call: return tree.is_call(node, "sqrt") && surd(m, tree, node, inverted);
  default: return false;
  }
}

bool whole(const Monomial& m) { return m.bottom == 1; }

} // namespace

std::optional<Monomial> as_monomial(const Tree& tree, Ref node) {
  Monomial m;
  if (!collect(m, tree, node, false) || m.top == 0) return std::nullopt;
  return m;
}

Monomial greatest_common_divisor(const Monomial& a, const Monomial& b) {
  Monomial result, other = b;
  result.top = whole(a) && whole(b) ? std::gcd(a.top, b.top) : 1;
  for (const Factor& factor : a.factors) {
    Factor* same = find(other, factor.key);
    if (same != nullptr) result.factors.push_back({factor.key, factor.base, std::min(factor.power, same->power)});
  }
  return result;
}

std::optional<Monomial> least_common_multiple(const Monomial& a, const Monomial& b) {
  Monomial result = a;
  result.bottom = 1;
  result.top = 1;
  bool integral = whole(a) && whole(b);
  if (integral && (!scale(result, a.top / std::gcd(a.top, b.top), 1) || !scale(result, b.top, 1)))
    return std::nullopt;
  for (const Factor& factor : b.factors) {
    if (Factor* same = find(result, factor.key))
      same->power = std::max(same->power, factor.power);
    else
      result.factors.push_back(factor);
  }
  return result;
}

} // namespace proctor::math
