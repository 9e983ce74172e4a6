// SPDX-License-Identifier: MIT
#include "graders/math/tape.h"

#include <algorithm>
#include <numeric>

#include "graders/math/derivative.h"
#include "graders/math/monomial.h"

namespace proctor::math {
namespace {

constexpr int64_t kSmall = int64_t{1} << 53;
constexpr int64_t kMaxTerms = 10000; // of a sum or product

struct Function {
  std::string_view name;
  int op;
  int prelude = -1; // an operation on the argument first: 0 reciprocal
  bool reciprocal = false;
};

constexpr Function kFunctions[] = {{"sin", PROCTOR_SIN},
                                   {"cos", PROCTOR_COS},
                                   {"tan", PROCTOR_TAN},
                                   {"cot", PROCTOR_TAN, -1, true},
                                   {"sec", PROCTOR_COS, -1, true},
                                   {"csc", PROCTOR_SIN, -1, true},
                                   {"asin", PROCTOR_ASIN},
                                   {"acos", PROCTOR_ACOS},
                                   {"atan", PROCTOR_ATAN},
                                   {"asec", PROCTOR_ACOS, 0},
                                   {"acsc", PROCTOR_ASIN, 0},
                                   {"acot", PROCTOR_ATAN, 0},
                                   {"sinh", PROCTOR_SINH},
                                   {"cosh", PROCTOR_COSH},
                                   {"tanh", PROCTOR_TANH},
                                   {"coth", PROCTOR_TANH, -1, true},
                                   {"sech", PROCTOR_COSH, -1, true},
                                   {"csch", PROCTOR_SINH, -1, true},
                                   {"asinh", PROCTOR_ASINH},
                                   {"acosh", PROCTOR_ACOSH},
                                   {"atanh", PROCTOR_ATANH},
                                   {"sqrt", PROCTOR_SQRT},
                                   {"abs", PROCTOR_ABS},
                                   {"floor", PROCTOR_FLOOR},
                                   {"ceil", PROCTOR_CEIL},
                                   {"factorial", PROCTOR_FACTORIAL},
                                   {"ln", PROCTOR_LN},
                                   {"re", PROCTOR_RE},
                                   {"im", PROCTOR_IM},
                                   {"arg", PROCTOR_ARG},
                                   {"sgn", PROCTOR_SGN}};

constexpr std::pair<std::string_view, int> kBinary[] = {
    {"gcd", PROCTOR_GCD}, {"lcm", PROCTOR_LCM}, {"max", PROCTOR_MAX}, {"min", PROCTOR_MIN}};

bool is_trigonometric(int op) { return op == PROCTOR_SIN || op == PROCTOR_COS || op == PROCTOR_TAN; }

class Compiler {
 public:
  Compiler(const Tree& tree, const TapeOptions& options, Tape& tape)
      : tree_(tree), options_(options), tape_(tape), bound_(options.bound) {}

  void run(Ref node) {
    if (tape_.failed || tape_.steps.size() > kMaxSteps) {
      tape_.failed = true;
      return;
    }
    switch (tree_.kind(node)) {
    case Kind::number: return number(std::string(tree_.name(node)), tree_.at(node).value);
    case Kind::symbol: return symbol(node);
    case Kind::pi: return tape_.step(PROCTOR_PI);
    case Kind::euler: return tape_.step(PROCTOR_EULER);
    case Kind::imaginary: return imaginary();
    case Kind::sum: return fold(node, PROCTOR_ADD);
    case Kind::product: return fold(node, PROCTOR_MUL);
    case Kind::quotient: return fold(node, PROCTOR_DIV);
    case Kind::power: return power(node);
    case Kind::negate: run(tree_.kid(node, 0)); return tape_.step(PROCTOR_NEG);
    case Kind::call: return call(node);
    case Kind::percent:
      run(tree_.kid(node, 0));
      integer(100);
      return tape_.step(PROCTOR_DIV);
    case Kind::degree: return degree(node);
    case Kind::quantity: return run(tree_.kid(node, 0));
    default: tape_.failed = true;
    }
  }

 private:
  void number(std::string digits, int32_t exponent) {
    if (exponent > 100000 || exponent < -100000) tape_.failed = true;
    tape_.numbers.push_back({std::move(digits), exponent});
    tape_.step(PROCTOR_NUMBER, static_cast<int>(tape_.numbers.size() - 1));
  }

  void integer(int64_t value) {
    number(std::to_string(value < 0 ? -value : value), 0);
    if (value < 0) tape_.step(PROCTOR_NEG);
  }

  void variable(std::string name) {
    auto hit = std::find(tape_.variables.begin(), tape_.variables.end(), name);
    if (hit == tape_.variables.end()) hit = tape_.variables.insert(hit, std::move(name));
    tape_.step(PROCTOR_VARIABLE, static_cast<int>(hit - tape_.variables.begin()));
  }

  const int64_t* binding(std::string_view name) const {
    for (auto it = bound_.rbegin(); it != bound_.rend(); ++it)
      if (it->first == name) return &it->second;
    return nullptr;
  }

  void symbol(Ref node) {
    if (const int64_t* value = binding(tree_.name(node))) return integer(*value);
    variable(std::string(tree_.name(node)));
  }

  void imaginary() {
    if (const int64_t* value = binding("i")) return integer(*value);
    tape_.step(PROCTOR_IMAGINARY);
  }

  void fold(Ref node, int op) {
    auto kids = tree_.kids(node);
    for (size_t i = 0; i < kids.size(); ++i) {
      bool negative = op == PROCTOR_ADD && i > 0 && tree_.kind(kids[i]) == Kind::negate;
      run(negative ? tree_.kid(kids[i], 0) : kids[i]);
      if (i > 0) tape_.step(negative ? PROCTOR_SUB : op);
    }
  }

  // A rational exponent with an odd denominator takes the real root.
  void power(Ref node) {
    Ref exponent = tree_.kid(node, 1);
    run(tree_.kid(node, 0));
    bool fraction = tree_.kind(exponent) == Kind::quotient;
    auto top = fraction ? small_integer(tree_, tree_.kid(exponent, 0), bound_) : std::nullopt;
    auto bottom = fraction ? small_integer(tree_, tree_.kid(exponent, 1), bound_) : std::nullopt;
    if (top && bottom && *bottom > 1 && *bottom < 1000 && std::gcd(*top, *bottom) == 1 && *bottom % 2 == 1) {
      tape_.step(PROCTOR_ROOT, static_cast<int>(*bottom));
      if (*top == 1) return;
      integer(*top);
    } else {
      run(exponent);
    }
    tape_.step(PROCTOR_POW);
  }

  void degree(Ref node) {
    run(tree_.kid(node, 0));
    if (!in_trigonometry_ && !options_.degrees) return;
    tape_.step(PROCTOR_PI);
    tape_.step(PROCTOR_MUL);
    integer(180);
    tape_.step(PROCTOR_DIV);
  }

  void call(Ref node) {
    std::string_view name = tree_.name(node);
    for (const Function& function : kFunctions)
      if (function.name == name && tree_.at(node).count == 1) return apply(function, tree_.kid(node, 0));
    for (auto [known, op] : kBinary)
      if (known == name) return common(node, op);
    if (name == "log") return logarithm(node);
    if (name == "root") return root(node);
    if (name == "binom") return binary(node, PROCTOR_BINOMIAL);
    if (name == "mod") return binary(node, PROCTOR_MOD);
    if (name == "pmod") return run(tree_.kid(node, 0));
    if (name == "sum" || name == "prod") return repeated(node, name == "sum");
    if (name == "det") return determinant(node);
    if (name == "conj") return conjugate(node);
    if (name == "doublefactorial") return double_factorial(node);
    opaque(node);
  }

  void opaque(Ref node) {
    for (const auto& [name, value] : bound_)
      if (canonical(tree_, node).find(name) != std::string::npos) tape_.failed = true; // f(k) under a sum over k
    constexpr std::string_view kDefinite[] = {"int",      "lim", "sum", "prod", "opensum",
                                              "openprod", "det", "gcd", "lcm",     "truncated"};
    bool definite = std::find(std::begin(kDefinite), std::end(kDefinite), tree_.name(node)) != std::end(kDefinite);
    tape_.symbolic = tape_.symbolic || definite || is_open_derivative(tree_, node);
    variable(canonical(tree_, node));
  }

  // gcd and lcm of numbers by the kernel, of monomials here.
  void common(Ref node, int op) {
    bool divides = op == PROCTOR_GCD || op == PROCTOR_LCM;
    auto plain = [&](Ref kid) { return is_rational(kid); };
    auto kids = tree_.kids(node);
    if (!divides || std::all_of(kids.begin(), kids.end(), plain)) return fold(node, op);
    auto total = as_monomial(tree_, kids[0]);
    for (size_t i = 1; i < kids.size() && total; ++i) {
      auto next = as_monomial(tree_, kids[i]);
      if (!next) return opaque(node);
      total = op == PROCTOR_GCD ? greatest_common_divisor(*total, *next) : least_common_multiple(*total, *next);
    }
    if (!total) return opaque(node);
    integer(total->top);
    for (const Factor& factor : total->factors) {
      run(factor.base);
      integer(factor.power);
      tape_.step(PROCTOR_POW);
      tape_.step(PROCTOR_MUL);
    }
  }

  // Built from numbers by rational operations; bound variables are numbers.
  bool is_rational(Ref node) const {
    switch (tree_.kind(node)) {
    case Kind::number: return true;
    case Kind::symbol: return binding(tree_.name(node)) != nullptr;
    case Kind::sum:
    case Kind::product:
    case Kind::quotient:
    case Kind::power:
    case Kind::negate: break;
    case Kind::call: break; // a factorial, a gcd inside: the kernel finds out
    default: return false;
    }
    if (tree_.is_call(node, "sqrt") || tree_.is_call(node, "root")) return false;
    auto kids = tree_.kids(node);
    return std::all_of(kids.begin(), kids.end(), [&](Ref kid) { return is_rational(kid); });
  }

  void binary(Ref node, int op) {
    run(tree_.kid(node, 0));
    run(tree_.kid(node, 1));
    tape_.step(op);
  }

  void apply(const Function& function, Ref argument) {
    bool outer = in_trigonometry_;
    in_trigonometry_ = outer || is_trigonometric(function.op);
    if (function.prelude == 0) integer(1);
    run(argument);
    in_trigonometry_ = outer;
    if (function.prelude == 0) tape_.step(PROCTOR_DIV);
    if (function.reciprocal) {
      // 1 / f(x), with the one below the argument's value: x f 1 swap / is x f, then -1 as exponent
      tape_.step(function.op);
      integer(-1);
      return tape_.step(PROCTOR_POW);
    }
    tape_.step(function.op);
  }

  void logarithm(Ref node) {
    run(tree_.kid(node, 0));
    tape_.step(PROCTOR_LN);
    if (tree_.at(node).count == 1 && options_.natural_log) return;
    if (tree_.at(node).count == 1)
      integer(10);
    else
      run(tree_.kid(node, 1));
    tape_.step(PROCTOR_LN);
    tape_.step(PROCTOR_DIV);
  }

  void root(Ref node) {
    run(tree_.kid(node, 0));
    auto n = small_integer(tree_, tree_.kid(node, 1), bound_);
    if (n && *n >= 2 && *n < 1000) return tape_.step(PROCTOR_ROOT, static_cast<int>(*n));
    integer(1);
    run(tree_.kid(node, 1));
    tape_.step(PROCTOR_DIV);
    tape_.step(PROCTOR_POW);
  }

  void repeated(Ref node, bool adds) {
    auto from = small_integer(tree_, tree_.kid(node, 1), bound_);
    auto to = small_integer(tree_, tree_.kid(node, 2), bound_);
    Ref index = tree_.kid(node, 0);
    bool named = tree_.kind(index) == Kind::symbol || tree_.kind(index) == Kind::imaginary;
    if (!from || !to || !named) return opaque(node);
    if (*to - *from > kMaxTerms) {
      tape_.failed = true;
      return;
    }
    bound_.emplace_back(tree_.kind(index) == Kind::imaginary ? "i" : tree_.name(index), 0);
    integer(adds ? 0 : 1);
    for (int64_t k = *from; k <= *to && !tape_.failed; ++k) {
      bound_.back().second = k;
      run(tree_.kid(node, 3));
      tape_.step(adds ? PROCTOR_ADD : PROCTOR_MUL);
    }
    bound_.pop_back();
  }

  void double_factorial(Ref node) {
    auto n = small_integer(tree_, tree_.kid(node, 0), bound_);
    if (!n || *n < 0 || *n > 1000) return opaque(node);
    integer(1);
    for (int64_t k = *n; k > 1; k -= 2) {
      integer(k);
      tape_.step(PROCTOR_MUL);
    }
  }

  // Of a number; what a variable's conjugate is depends on the variable.
  void conjugate(Ref node) {
    size_t begin = tape_.steps.size();
    run(tree_.kid(node, 0));
    auto first = tape_.steps.begin() + static_cast<ptrdiff_t>(begin);
    bool closed =
        std::none_of(first, tape_.steps.end(), [](const proctor_step& s) { return s.op == PROCTOR_VARIABLE; });
    if (closed) return tape_.step(PROCTOR_CONJ);
    tape_.steps.erase(first, tape_.steps.end());
    opaque(node);
  }

  // Laplace expansion of at most 5 x 5.
  void determinant(Ref node) {
    Ref matrix = tree_.kid(node, 0);
    if (tree_.kind(matrix) != Kind::matrix) return opaque(node);
    auto n = static_cast<size_t>(tree_.at(matrix).value);
    if (n > 5 || n * n != tree_.at(matrix).count) return opaque(node);
    std::vector<size_t> columns(n);
    std::iota(columns.begin(), columns.end(), size_t{0});
    minor(tree_.kids(matrix), n, 0, columns);
  }

  void minor(std::span<const Ref> cells, size_t n, size_t row, const std::vector<size_t>& columns) {
    if (row == n) return integer(1);
    for (size_t i = 0; i < columns.size(); ++i) {
      run(cells[row * n + columns[i]]);
      std::vector<size_t> others = columns;
      others.erase(others.begin() + static_cast<ptrdiff_t>(i));
      minor(cells, n, row + 1, others);
      tape_.step(PROCTOR_MUL);
      if (i > 0) tape_.step(i % 2 == 1 ? PROCTOR_SUB : PROCTOR_ADD);
    }
  }

  const Tree& tree_;
  const TapeOptions& options_;
  Tape& tape_;
  Bindings bound_;
  bool in_trigonometry_ = false;
};

std::optional<int64_t> checked(int64_t value) {
  if (value > kSmall || value < -kSmall) return std::nullopt;
  return value;
}

} // namespace

bool Tape::uses(int op) const {
  return std::any_of(steps.begin(), steps.end(), [op](const proctor_step& s) { return s.op == op; });
}

void Tape::step(int op, int arg) { steps.push_back({op, arg}); }

void compile(const Tree& tree, Ref node, const TapeOptions& options, Tape& tape) {
  Compiler(tree, options, tape).run(node);
}

Tape difference(const Tree& a, Ref a_node, const Tree& b, Ref b_node, const TapeOptions& options) {
  Tape tape;
  compile(a, a_node, options, tape);
  compile(b, b_node, options, tape);
  tape.step(PROCTOR_SUB);
  return tape;
}

Tape program(const Tree& tree, Ref node, const TapeOptions& options) {
  Tape tape;
  compile(tree, node, options, tape);
  return tape;
}

std::optional<int64_t> small_integer(const Tree& tree, Ref node, const Bindings& bound) {
  auto kid = [&](size_t i) { return small_integer(tree, tree.kid(node, i), bound); };
  switch (tree.kind(node)) {
  case Kind::number: {
    std::string_view digits = tree.name(node);
    if (tree.at(node).value != 0 || digits.size() > 15) return std::nullopt;
    int64_t value = 0;
    for (char c : digits) value = value * 10 + (c - '0');
    return value;
  }
  case Kind::symbol:
  case Kind::imaginary: {
    std::string_view name = tree.kind(node) == Kind::imaginary ? "i" : tree.name(node);
    for (auto it = bound.rbegin(); it != bound.rend(); ++it)
      if (it->first == name) return it->second;
    return std::nullopt;
  }
  case Kind::negate: {
    auto value = kid(0);
    return value ? std::optional(-*value) : std::nullopt;
  }
  case Kind::sum: {
    int64_t total = 0;
    for (size_t i = 0; i < tree.at(node).count; ++i) {
      auto value = kid(i);
      if (!value || !checked(total + *value)) return std::nullopt;
      total += *value;
    }
    return total;
  }
  case Kind::product: {
    int64_t total = 1;
    for (size_t i = 0; i < tree.at(node).count; ++i) {
      auto value = kid(i);
      int64_t next = 0;
      if (!value || __builtin_mul_overflow(total, *value, &next) || !checked(next)) return std::nullopt;
      total = next;
    }
    return total;
  }
  case Kind::quotient: {
    auto a = kid(0), b = kid(1);
    if (!a || !b || *b == 0 || *a % *b != 0) return std::nullopt;
    return *a / *b;
  }
  case Kind::power: {
    auto a = kid(0), b = kid(1);
    if (!a || !b || *b < 0 || *b > 60) return std::nullopt;
    int64_t total = 1;
    for (int64_t i = 0; i < *b; ++i)
      if (__builtin_mul_overflow(total, *a, &total) || !checked(total)) return std::nullopt;
    return total;
  }
  default: return std::nullopt;
  }
}

} // namespace proctor::math
