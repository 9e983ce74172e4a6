// SPDX-License-Identifier: MIT
#include "graders/math/shape.h"

#include <algorithm>

namespace proctor::math {
namespace {

bool is_letters(Term term) {
  if (term.kind() == Kind::symbol) return true;
  if (term.kind() != Kind::product) return false;
  for (size_t i = 0; i < term.count(); ++i)
    if (term.kid(i).kind() != Kind::symbol && term.kid(i).kind() != Kind::euler) return false;
  return true;
}

bool all_upper(Term product) {
  for (size_t i = 0; i < product.count(); ++i) {
    std::string_view name = product.kid(i).name();
    bool upper = !name.empty() && name[0] >= 'A' && name[0] <= 'Z';
    bool sign = name == "\\angle" || name == "\\triangle" || name == "\\Delta" || name == "\\overarc";
    if (!upper && !sign) return false;
  }
  return true;
}

// 5 \star 1: a sign between two operands that stands for an operation of the question's own.
bool is_operation(Term product) {
  constexpr std::string_view kSigns[] = {"\\star",     "\\oplus",     "\\otimes", "\\ominus", "\\odot",
                                         "\\diamond",   "\\bowtie", "\\nabla",  "\\triangle",
                                         "\\clubsuit", "\\heartsuit", "\\spadesuit", "\\diamondsuit"};
  for (size_t i = 1; i + 1 < product.count(); ++i)
    if (product.kid(i).kind() == Kind::symbol &&
        std::find(std::begin(kSigns), std::end(kSigns), product.kid(i).name()) != std::end(kSigns))
      return true;
  return false;
}

constexpr std::string_view kKnown[] = {
    "sin",  "cos",  "tan",   "cot",  "sec",       "csc",  "asin", "acos",  "atan",  "acot",  "asec",
    "acsc", "sinh", "cosh",  "tanh", "coth",      "sech", "csch", "asinh", "acosh", "atanh", "sqrt",
    "root", "abs",  "floor", "ceil", "factorial", "ln",   "log",  "binom", "gcd",   "lcm",   "max",
    "min",  "mod",  "sum",   "prod", "int",       "lim",  "det",  "re",    "im",    "arg",   "sgn",
    "conj"};

bool is_unknown_function(Term term) {
  return term.kind() == Kind::call &&
         std::find(std::begin(kKnown), std::end(kKnown), term.name()) == std::end(kKnown);
}

// f(-2)+f(-1)+f(0): a combination of function values.
bool is_combination(Term term) {
  bool derivative = term.tree->is_call(term.ref, "deriv") || term.tree->is_call(term.ref, "partial");
  if (is_unknown_function(term)) return !derivative;
  bool combines = term.kind() == Kind::sum || term.kind() == Kind::negate || term.kind() == Kind::product ||
                  term.kind() == Kind::quotient;
  if (!combines) return false;
  bool any = false;
  for (size_t i = 0; i < term.count(); ++i) {
    Term kid = term.kid(i);
    bool value = is_combination(kid);
    if (!value && has_variables(kid)) return false;
    any = any || value;
  }
  return any;
}

// A decimal that is said to be near an exact value: 0.667 \approx \frac23.
std::optional<Term> approximated(Term relation, size_t i) {
  std::string_view signs = relation.name();
  if (i >= signs.size() || signs[i] != '~') return std::nullopt;
  Term exact = relation.kid(i + 1);
  bool literal = is_decimal(exact) || exact.kind() >= Kind::sequence || has_variables(exact);
  return is_decimal(relation.kid(i)) && !literal ? std::optional(exact) : std::nullopt;
}

// dy, \partial x
bool is_differential(Term term) {
  if (term.kind() != Kind::product || term.count() != 2 || term.kid(1).kind() != Kind::symbol) return false;
  return term.kid(0).kind() == Kind::symbol && (term.kid(0).name() == "d" || term.kid(0).name() == "\\partial");
}

bool every_kid(Term term, bool (*test)(Term)) {
  for (size_t i = 0; i < term.count(); ++i)
    if (!test(term.kid(i))) return false;
  return term.count() > 0;
}

} // namespace

bool is_decimal(Term term) {
  if (term.kind() == Kind::negate) term = term.kid(0);
  return term.kind() == Kind::number && term.tree->at(term.ref).spelled_decimal;
}

bool has_variables(Term term) {
  if (term.kind() == Kind::symbol || is_unknown_function(term)) return true;
  for (size_t i = 0; i < term.count(); ++i)
    if (has_variables(term.kid(i))) return true;
  return false;
}

bool is_name(Term term) {
  switch (term.kind()) {
  case Kind::symbol: return true;
  case Kind::product: return (is_letters(term) && all_upper(term)) || is_operation(term);
  case Kind::tuple:
  case Kind::sequence: return every_kid(term, is_name);
  case Kind::ratio: return every_kid(term, is_name);
  case Kind::quotient:
    return (is_name(term.kid(0)) && is_name(term.kid(1))) ||
           (is_differential(term.kid(0)) && is_differential(term.kid(1)));
  case Kind::quantity: return is_name(term.kid(0));
  case Kind::call:
    if (term.name() == "abs")
      return is_letters(term.kid(0)) && (term.kid(0).kind() == Kind::symbol || all_upper(term.kid(0)));
    return is_unknown_function(term);
  default: return false;
  }
}

std::optional<Assignment> as_assignment(Term relation) {
  std::string_view signs = relation.name();
  if (signs.empty()) return std::nullopt;
  bool closed = relation.kid(0).kind() < Kind::sequence && !has_variables(relation.kid(0));
  if (signs == "~" && closed && !has_variables(relation.kid(1)))
    return Assignment{std::nullopt, relation.kid(0), approximated(relation, 0)}; // 2/3 \approx 0.667 is 2/3
  if (signs[0] == '~' || signs[0] == 'e')
    return is_name(relation.kid(0)) && signs.size() == 1 ? std::optional(Assignment{relation.kid(0), relation.kid(1)})
                                                         : std::nullopt;
  size_t last = 0;
  while (last < signs.size() && signs[last] == '=') ++last;
  if (last == 0 || (last < signs.size() && signs[last] != '~')) return std::nullopt;
  Term first = relation.kid(0), value = relation.kid(last);
  if (is_name(first) || is_combination(first)) return Assignment{first, value, approximated(relation, last)};
  if (last == 1 && is_name(value)) return Assignment{value, first, std::nullopt};
  for (size_t i = 0; i <= last; ++i)
    if (i == 0 ? has_variables(first) && last == 1 : has_variables(relation.kid(i))) return std::nullopt;
  if (has_variables(first)) return std::nullopt;
  return Assignment{std::nullopt, value, approximated(relation, last)};
}

// ---- plus-minus

namespace {

bool has_signs(const Tree& tree, Ref node) {
  if (tree.kind(node) == Kind::plus_minus) return true;
  auto kids = tree.kids(node);
  return std::any_of(kids.begin(), kids.end(), [&](Ref kid) { return has_signs(tree, kid); });
}

Ref with_sign(Tree& tree, Ref node, int sign) {
  if (!has_signs(tree, node)) return node;
  Node copy = tree.at(node);
  std::string name(tree.name(node));
  std::vector<Ref> kids(tree.kids(node).begin(), tree.kids(node).end());
  for (Ref& kid : kids) kid = with_sign(tree, kid, sign);
  if (copy.kind != Kind::plus_minus) return tree.add(copy.kind, kids, name, copy.value);
  bool negative = copy.value * sign < 0;
  Ref part = negative ? tree.add(Kind::negate, {kids.back()}) : kids.back();
  return kids.size() == 1 ? part : tree.add(Kind::sum, {kids[0], part});
}

} // namespace

std::vector<Ref> expand_signs(Tree& tree, Ref node) {
  if (!has_signs(tree, node)) return {node};
  std::vector<Ref> values{with_sign(tree, node, 1), with_sign(tree, node, -1)};
  bool deep = std::any_of(values.begin(), values.end(), [&](Ref value) { return tree.at(value).depth > kMaxDepth; });
  return deep ? std::vector<Ref>{node} : values;
}

// ---- matrices

namespace {

bool holds(const Tree& tree, Ref node, Kind kind) {
  if (tree.kind(node) == kind) return true;
  auto kids = tree.kids(node);
  return std::any_of(kids.begin(), kids.end(), [&](Ref kid) { return holds(tree, kid, kind); });
}

bool holds_unit_vector(const Tree& tree, Ref node) {
  if (tree.kind(node) == Kind::symbol) return tree.name(node).starts_with("\\vec{") && tree.name(node).size() == 7;
  auto kids = tree.kids(node);
  return std::any_of(kids.begin(), kids.end(), [&](Ref kid) { return holds_unit_vector(tree, kid); });
}

class MatrixAlgebra {
 public:
  explicit MatrixAlgebra(Tree& tree) : tree_(tree) {}

  // The matrix a term is worth; the node itself where it holds none; nullopt where shapes do not fit.
  std::optional<Ref> value(Ref node) {
    if (!holds(tree_, node, Kind::matrix) || tree_.kind(node) == Kind::matrix) return node;
    std::vector<Ref> kids(tree_.kids(node).begin(), tree_.kids(node).end());
    Kind kind = tree_.kind(node);
    for (Ref& kid : kids) {
      auto inner = value(kid);
      if (!inner) return std::nullopt;
      kid = *inner;
    }
    auto result = combined(kind, kids);
    return result && too_large(*result) ? std::nullopt : result;
  }

 private:
  static constexpr uint32_t kMaxMatrixWeight = 20'000; // products of products share their cells and grow fast

  bool too_large(Ref node) const {
    return tree_.at(node).weight > kMaxMatrixWeight || tree_.at(node).depth > kMaxDepth;
  }

  std::optional<Ref> combined(Kind kind, const std::vector<Ref>& kids) {
    switch (kind) {
    case Kind::sum: return reduce(kids, true);
    case Kind::product: return reduce(kids, false);
    case Kind::negate: return scaled(kids[0], tree_.integer(-1));
    case Kind::quotient:
      if (is_matrix(kids[1])) return std::nullopt;
      return scaled(kids[0], tree_.add(Kind::quotient, {tree_.integer(1), kids[1]}));
    case Kind::power: return is_matrix(kids[0]) && !is_matrix(kids[1]) ? power(kids[0], kids[1]) : std::nullopt;
    default: return std::nullopt;
    }
  }

  bool is_matrix(Ref node) const { return tree_.kind(node) == Kind::matrix; }

  // A^T, A^{-1}, A^n; A^t may be a power by time.
  std::optional<Ref> power(Ref matrix, Ref exponent) {
    std::string_view letter = tree_.kind(exponent) == Kind::symbol ? tree_.name(exponent) : "";
    if (letter == "T" || letter == "\\top" || letter == "\\intercal") return transposed(matrix);
    constexpr int64_t kMaxPower = 8;
    auto n = small_integer(tree_, exponent);
    if (n == -1) return inverse(matrix);
    if (!n || *n < 1 || *n > kMaxPower) return std::nullopt;
    return reduce(std::vector<Ref>(static_cast<size_t>(*n), matrix), false);
  }

  Ref transposed(Ref matrix) {
    auto columns = static_cast<size_t>(tree_.at(matrix).value), rows = tree_.at(matrix).count / columns;
    std::vector<Ref> cells;
    for (size_t c = 0; c < columns; ++c)
      for (size_t r = 0; r < rows; ++r) cells.push_back(tree_.kid(matrix, r * columns + c));
    return tree_.add(Kind::matrix, cells, {}, static_cast<int32_t>(rows));
  }

  // Cofactors over the determinant.
  std::optional<Ref> inverse(Ref matrix) {
    auto n = static_cast<size_t>(tree_.at(matrix).value);
    if (n < 2 || n > 4 || n * n != tree_.at(matrix).count) return std::nullopt;
    Ref whole = tree_.add(Kind::call, {matrix}, "det");
    std::vector<Ref> cells;
    for (size_t c = 0; c < n; ++c)
      for (size_t r = 0; r < n; ++r) {
        Ref part = tree_.add(Kind::call, {without(matrix, n, r, c)}, "det");
        Ref cell = tree_.add(Kind::quotient, {part, whole});
        cells.push_back((r + c) % 2 == 0 ? cell : tree_.add(Kind::negate, {cell}));
      }
    return tree_.add(Kind::matrix, cells, {}, static_cast<int32_t>(n));
  }

  Ref without(Ref matrix, size_t n, size_t row, size_t column) {
    std::vector<Ref> cells;
    for (size_t i = 0; i < n * n; ++i)
      if (i / n != row && i % n != column) cells.push_back(tree_.kid(matrix, i));
    return tree_.add(Kind::matrix, cells, {}, static_cast<int32_t>(n - 1));
  }

  std::optional<Ref> reduce(const std::vector<Ref>& kids, bool adds) {
    Ref total = kids[0];
    for (size_t i = 1; i < kids.size(); ++i) {
      auto next = adds ? add(total, kids[i]) : multiply(total, kids[i]);
      if (!next || too_large(*next)) return std::nullopt;
      total = *next;
    }
    return total;
  }

  std::optional<Ref> add(Ref a, Ref b) {
    bool fits = is_matrix(a) && is_matrix(b) && tree_.at(a).value == tree_.at(b).value &&
                tree_.at(a).count == tree_.at(b).count;
    if (!fits) return std::nullopt;
    std::vector<Ref> cells;
    for (size_t i = 0; i < tree_.at(a).count; ++i)
      cells.push_back(tree_.add(Kind::sum, {tree_.kid(a, i), tree_.kid(b, i)}));
    return tree_.add(Kind::matrix, cells, {}, tree_.at(a).value);
  }

  std::optional<Ref> scaled(Ref matrix, Ref factor) {
    std::vector<Ref> cells;
    for (size_t i = 0; i < tree_.at(matrix).count; ++i)
      cells.push_back(tree_.add(Kind::product, {factor, tree_.kid(matrix, i)}));
    return tree_.add(Kind::matrix, cells, {}, tree_.at(matrix).value);
  }

  std::optional<Ref> multiply(Ref a, Ref b) {
    if (!is_matrix(a)) return is_matrix(b) ? scaled(b, a) : tree_.add(Kind::product, {a, b});
    if (!is_matrix(b)) return scaled(a, b);
    auto inner = static_cast<size_t>(tree_.at(a).value), columns = static_cast<size_t>(tree_.at(b).value);
    size_t rows = tree_.at(a).count / inner;
    if (tree_.at(b).count != inner * columns || rows * columns * inner > 1000) return std::nullopt;
    std::vector<Ref> cells;
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c) {
        std::vector<Ref> terms;
        for (size_t k = 0; k < inner; ++k)
          terms.push_back(tree_.add(Kind::product, {tree_.kid(a, r * inner + k), tree_.kid(b, k * columns + c)}));
        cells.push_back(terms.size() == 1 ? terms[0] : tree_.add(Kind::sum, terms));
      }
    return tree_.add(Kind::matrix, cells, {}, static_cast<int32_t>(columns));
  }

  Tree& tree_;
};

// The expression with unit vectors set to 0 or 1.
Ref with_unit_vector(Tree& tree, Ref node, std::string_view chosen) {
  if (!holds_unit_vector(tree, node)) return node;
  if (tree.kind(node) == Kind::symbol) return tree.integer(tree.name(node) == chosen ? 1 : 0);
  Node copy = tree.at(node);
  std::string name(tree.name(node));
  std::vector<Ref> kids(tree.kids(node).begin(), tree.kids(node).end());
  for (Ref& kid : kids) kid = with_unit_vector(tree, kid, chosen);
  return tree.add(copy.kind, kids, name, copy.value);
}

bool is_linear_kind(Kind kind) {
  return kind == Kind::sum || kind == Kind::product || kind == Kind::negate || kind == Kind::quotient ||
         kind == Kind::symbol;
}

} // namespace

Ref evaluate_matrices(Tree& tree, Ref node) {
  if (holds(tree, node, Kind::matrix) && tree.kind(node) != Kind::matrix) {
    auto value = MatrixAlgebra(tree).value(node);
    return value.value_or(node);
  }
  if (!is_linear_kind(tree.kind(node)) || !holds_unit_vector(tree, node)) return node;
  std::string names = canonical(tree, node);
  std::vector<Ref> parts{with_unit_vector(tree, node, "\\vec{i}"), with_unit_vector(tree, node, "\\vec{j}")};
  if (names.find("\\vec{k}") != std::string::npos) parts.push_back(with_unit_vector(tree, node, "\\vec{k}"));
  return tree.add(Kind::tuple, parts, "<>");
}

bool holds_matrix(Term term) { return holds(*term.tree, term.ref, Kind::matrix); }

std::optional<Grid> as_grid(Term term) {
  Grid grid;
  if (term.kind() == Kind::matrix) {
    grid.columns = static_cast<size_t>(term.value());
    for (size_t i = 0; i < term.count(); ++i) grid.cells.push_back(term.kid(i));
    return grid;
  }
  if (term.kind() != Kind::tuple) return std::nullopt;
  for (size_t i = 0; i < term.count(); ++i) {
    Term row = term.kid(i);
    if (row.kind() != Kind::tuple || (i > 0 && row.count() != grid.columns)) return std::nullopt;
    grid.columns = row.count();
    for (size_t k = 0; k < row.count(); ++k) grid.cells.push_back(row.kid(k));
  }
  return grid;
}

std::optional<std::vector<Term>> as_vector(Term term) {
  bool flat = term.kind() == Kind::matrix && (term.value() == 1 || static_cast<size_t>(term.value()) == term.count());
  if (term.kind() != Kind::tuple && !flat) return std::nullopt;
  std::vector<Term> parts;
  for (size_t i = 0; i < term.count(); ++i) parts.push_back(term.kid(i));
  return parts;
}

std::optional<Clock> as_clock(Term term) {
  bool said = term.kind() == Kind::time;
  if (!said && !(term.kind() == Kind::ratio && term.name() == "clock")) return std::nullopt;
  Clock clock;
  clock.half_day = said;
  int scale = 3600;
  for (size_t i = 0; i < term.count(); ++i, scale /= 60) {
    auto part = small_integer(*term.tree, term.kid(i).ref);
    if (!part || *part < 0 || *part > 59 || (i == 0 && *part > 24)) return std::nullopt;
    int64_t amount = *part;
    if (i == 0 && said) amount = amount % 12 + (term.name() == "pm" ? 12 : 0);
    clock.seconds += static_cast<int>(amount) * scale;
  }
  return clock;
}

} // namespace proctor::math
