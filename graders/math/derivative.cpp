// SPDX-License-Identifier: MIT
#include "graders/math/derivative.h"

#include <algorithm>

namespace proctor::math {
namespace {

constexpr int32_t kMaxOrder = 8;
constexpr uint32_t kMaxFunction = 300; // nodes of what is differentiated
constexpr uint32_t kMaxResult = 5000;

bool contains(const Tree& tree, Ref node, std::string_view variable) {
  if (tree.kind(node) == Kind::symbol) return tree.name(node) == variable;
  auto kids = tree.kids(node);
  return std::any_of(kids.begin(), kids.end(), [&](Ref kid) { return contains(tree, kid, variable); });
}

// A letter that usually depends on the variable: y in d/dx (xy).
bool may_depend(const Tree& tree, Ref node, std::string_view variable) {
  constexpr std::string_view kDependent = "xyzuvwrst";
  if (tree.kind(node) == Kind::symbol)
    return tree.name(node) != variable && kDependent.find(tree.name(node)[0]) != kDependent.npos;
  auto kids = tree.kids(node);
  return std::any_of(kids.begin(), kids.end(), [&](Ref kid) { return may_depend(tree, kid, variable); });
}

// The rules of differentiation. Every result is a new node of the same tree; nullopt where no rule applies.
class Calculus {
 public:
  Calculus(Tree& tree, std::string_view variable) : tree_(tree), variable_(variable) {}

  std::optional<Ref> derivative(Ref node) {
    if (!contains(tree_, node, variable_)) return tree_.integer(0);
    std::vector<Ref> kids(tree_.kids(node).begin(), tree_.kids(node).end());
    switch (tree_.kind(node)) {
    case Kind::symbol: return tree_.integer(1);
    case Kind::sum: return each(kids);
    case Kind::negate: return with(derivative(kids[0]), [&](Ref d) { return tree_.add(Kind::negate, {d}); });
    case Kind::product: return product(kids);
    case Kind::quotient: return quotient(kids[0], kids[1]);
    case Kind::power: return power(node, kids[0], kids[1]);
    case Kind::call: return call(node, kids);
    default: return std::nullopt;
    }
  }

 private:
  template <class F> std::optional<Ref> with(std::optional<Ref> value, F&& make) {
    return value ? std::optional<Ref>(make(*value)) : std::nullopt;
  }

  Ref times(Ref a, Ref b) { return tree_.add(Kind::product, {a, b}); }
  Ref over(Ref a, Ref b) { return tree_.add(Kind::quotient, {a, b}); }
  Ref minus(Ref a, Ref b) { return tree_.add(Kind::sum, {a, tree_.add(Kind::negate, {b})}); }
  Ref squared(Ref a) { return tree_.add(Kind::power, {a, tree_.integer(2)}); }
  Ref of(std::string_view function, Ref argument) { return tree_.add(Kind::call, {argument}, function); }
  Ref root(Ref argument) { return of("sqrt", argument); }

  std::optional<Ref> each(const std::vector<Ref>& terms) {
    std::vector<Ref> parts;
    for (Ref term : terms) {
      auto part = derivative(term);
      if (!part) return std::nullopt;
      parts.push_back(*part);
    }
    return tree_.add(Kind::sum, parts);
  }

  std::optional<Ref> product(const std::vector<Ref>& factors) {
    std::vector<Ref> terms;
    for (size_t i = 0; i < factors.size(); ++i) {
      auto part = derivative(factors[i]);
      if (!part) return std::nullopt;
      std::vector<Ref> others = factors;
      others[i] = *part;
      terms.push_back(tree_.add(Kind::product, others));
    }
    return tree_.add(Kind::sum, terms);
  }

  std::optional<Ref> quotient(Ref a, Ref b) {
    auto da = derivative(a), db = derivative(b);
    if (!da || !db) return std::nullopt;
    return over(minus(times(*da, b), times(a, *db)), squared(b));
  }

  // u^c, c^u, and u^v as e^{v ln u}.
  std::optional<Ref> power(Ref whole, Ref base, Ref exponent) {
    auto d_base = derivative(base), d_exponent = derivative(exponent);
    if (!d_base || !d_exponent) return std::nullopt;
    if (!contains(tree_, exponent, variable_)) {
      Ref lower = tree_.add(Kind::power, {base, minus(exponent, tree_.integer(1))});
      return tree_.add(Kind::product, {exponent, lower, *d_base});
    }
    Ref growth = times(*d_exponent, of("ln", base));
    if (!contains(tree_, base, variable_)) return times(whole, growth);
    return times(whole, tree_.add(Kind::sum, {growth, over(times(exponent, *d_base), base)}));
  }

  std::optional<Ref> call(Ref node, const std::vector<Ref>& kids) {
    if (tree_.is_call(node, "root") && !contains(tree_, kids[1], variable_))
      return power(node, kids[0], over(tree_.integer(1), kids[1]));
    if (tree_.is_call(node, "log") && kids.size() == 2)
      return derivative(over(of("ln", kids[0]), of("ln", kids[1])));
    if (kids.size() != 1) return std::nullopt;
    auto outer = slope(std::string(tree_.name(node)), node, kids[0]);
    auto inner = derivative(kids[0]);
    return outer && inner ? std::optional(times(*outer, *inner)) : std::nullopt;
  }

  // f'(u), where f(u) is `node`.
  std::optional<Ref> slope(const std::string& f, Ref node, Ref u) {
    Ref one = tree_.integer(1);
    if (f == "sin") return of("cos", u);
    if (f == "cos") return tree_.add(Kind::negate, {of("sin", u)});
    if (f == "tan") return squared(of("sec", u));
    if (f == "cot") return tree_.add(Kind::negate, {squared(of("csc", u))});
    if (f == "sec") return times(node, of("tan", u));
    if (f == "csc") return tree_.add(Kind::negate, {times(node, of("cot", u))});
    if (f == "asin") return over(one, root(minus(one, squared(u))));
    if (f == "acos") return over(tree_.integer(-1), root(minus(one, squared(u))));
    if (f == "atan") return over(one, tree_.add(Kind::sum, {one, squared(u)}));
    if (f == "sinh") return of("cosh", u);
    if (f == "cosh") return of("sinh", u);
    if (f == "tanh") return minus(one, squared(node));
    if (f == "ln") return over(one, u);
    if (f == "log") return over(of("log", tree_.add(Kind::euler)), u); // in whatever base
    if (f == "sqrt") return over(one, times(tree_.integer(2), node));
    return std::nullopt;
  }

  Tree& tree_;
  std::string_view variable_;
};

std::optional<Ref> carried_out(Tree& tree, Ref node) {
  if (!is_open_derivative(tree, node) || tree.at(node).value > kMaxOrder) return std::nullopt;
  std::string variable(tree.name(tree.kid(node, 1)));
  Ref value = tree.kid(node, 0);
  bool total = tree.name(node) == "deriv";
  if (total && may_depend(tree, value, variable)) return std::nullopt;
  for (int32_t i = 0; i < tree.at(node).value; ++i) {
    if (tree.at(value).weight > kMaxFunction || tree.at(value).depth > kMaxDepth) return std::nullopt;
    auto next = Calculus(tree, variable).derivative(value);
    if (!next) return std::nullopt;
    value = *next;
  }
  if (tree.at(value).weight > kMaxResult) return std::nullopt;
  return value;
}

Ref rewritten(Tree& tree, Ref node) {
  std::vector<Ref> kids(tree.kids(node).begin(), tree.kids(node).end()), before = kids;
  for (Ref& kid : kids) kid = rewritten(tree, kid);
  Node copy = tree.at(node);
  std::string name(tree.name(node));
  Ref result = kids == before ? node : tree.add(copy.kind, kids, name, copy.value);
  return carried_out(tree, result).value_or(result);
}

bool is_derivative(const Tree& tree, Ref node) {
  return tree.is_call(node, "deriv") || tree.is_call(node, "partial");
}

bool holds_derivative(const Tree& tree, Ref node) {
  auto kids = tree.kids(node);
  return is_derivative(tree, node) ||
         std::any_of(kids.begin(), kids.end(), [&](Ref kid) { return holds_derivative(tree, kid); });
}

} // namespace

bool is_open_derivative(const Tree& tree, Ref node) {
  if (!is_derivative(tree, node)) return false;
  Ref function = tree.kid(node, 0);
  return tree.kind(function) != Kind::symbol || tree.name(function) == tree.name(tree.kid(node, 1));
}

std::optional<Expr> differentiated(Term term) {
  if (!holds_derivative(*term.tree, term.ref)) return std::nullopt;
  Expr copy{*term.tree, 0};
  copy.root = rewritten(copy.tree, term.ref);
  bool deep = copy.tree.at(copy.root).depth > kMaxDepth;
  return copy.root == term.ref || deep ? std::nullopt : std::optional(std::move(copy));
}

} // namespace proctor::math
