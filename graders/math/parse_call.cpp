// SPDX-License-Identifier: MIT
// Functions and the commands that take arguments.
#include "graders/math/parser_state.h"
#include "graders/math/tape.h"

namespace proctor::math {
namespace {

// One name for each function.
std::string_view canonical_name(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kSame[] = {
      {"arcsin", "asin"},  {"arccos", "acos"},   {"arctan", "atan"},   {"arccot", "acot"},   {"arcsec", "asec"},
      {"arccsc", "acsc"},  {"arcsinh", "asinh"}, {"arccosh", "acosh"}, {"arctanh", "atanh"}, {"arsinh", "asinh"},
      {"arcosh", "acosh"}, {"artanh", "atanh"},  {"ceiling", "ceil"},  {"Re", "re"},         {"Im", "im"}};
  for (auto [from, to] : kSame)
    if (from == name) return to;
  return name;
}

std::string_view inverse(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kInverse[] = {
      {"sin", "asin"}, {"cos", "acos"},   {"tan", "atan"},   {"cot", "acot"},  {"sec", "asec"},
      {"csc", "acsc"}, {"sinh", "asinh"}, {"cosh", "acosh"}, {"tanh", "atanh"}};
  for (auto [from, to] : kInverse)
    if (from == name) return to;
  return {};
}

bool takes_list(std::string_view name) { return name == "gcd" || name == "lcm" || name == "max" || name == "min"; }

} // namespace

Ref Parser::function() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  std::string_view name = take().text;
  if (name.ends_with("frac") && name.size() <= 5) return fraction();
  if (name.ends_with("binom")) return binomial();
  if (name == "choose" && is(Tok::lbrace)) return binomial();
  if (name == "sqrt" || name == "root") return root();
  if (name == "surd" || name == "cuberoot" || name == "cbrt") return surd(name);
  if (name == "log" || name == "lg" || name == "ln") return logarithm(name);
  if (name == "sum" || name == "prod") return big_operator(name);
  if (name.ends_with("int")) return integral();
  if (name.starts_with("lim")) return limit();
  return apply(canonical_name(name));
}

bool Parser::starts_bracket() const {
  return is(Tok::lparen) || is(Tok::lbrack) || is(Tok::lset) || is(Tok::lbrace) || is(Tok::langle);
}

// "\sin^2 x", "\sin^{-1} x", "\max(a, b)"
Ref Parser::apply(std::string_view name) {
  Ref above = 0;
  bool raised = false;
  if (accept(Tok::underscore)) subscript();
  if (accept(Tok::caret)) {
    above = exponent();
    raised = true;
    bool minus_one = tree_.kind(above) == Kind::negate && tree_.kind(tree_.kid(above, 0)) == Kind::number &&
                     tree_.name(tree_.kid(above, 0)) == "1";
    if (minus_one && !inverse(name).empty()) name = inverse(name), raised = false;
  }
  std::vector<Ref> arguments;
  if (takes_list(name)) {
    arguments = argument_list();
  } else {
    arguments.push_back(argument());
  }
  Ref call;
  if (name == "exp") {
    call = tree_.add(Kind::power, {tree_.add(Kind::euler), arguments[0]});
  } else if (name == "cis") {
    Ref angle = arguments[0];
    Ref sine = tree_.add(Kind::product, {tree_.add(Kind::imaginary), tree_.add(Kind::call, {angle}, "sin")});
    call = tree_.add(Kind::sum, {tree_.add(Kind::call, {angle}, "cos"), sine});
  } else {
    call = tree_.add(Kind::call, arguments, name);
  }
  return raised ? tree_.add(Kind::power, {call, above}) : postfix(call);
}

std::vector<Ref> Parser::argument_list() {
  if (!starts_bracket()) return {argument()};
  Tok open = take().kind;
  std::string gaps;
  int bars = std::exchange(bars_, 0);
  std::vector<Ref> list = items(false, gaps);
  bars_ = bars;
  Tok close = open == Tok::lparen   ? Tok::rparen
              : open == Tok::lbrack ? Tok::rbrack
              : open == Tok::lset   ? Tok::rset
                                    : Tok::rbrace;
  if (!accept(close)) fail();
  // \max\{1, 2\} and \max{(1, 2)}
  if (list.size() == 1 && (tree_.kind(list[0]) == Kind::tuple || tree_.kind(list[0]) == Kind::set))
    return {tree_.kids(list[0]).begin(), tree_.kids(list[0]).end()};
  return list;
}

Ref Parser::argument() {
  if (!starts_bracket()) return bare_argument();
  bool braces = is(Tok::lbrace) && !is(Tok::lparen, 1); // \log{(x)}^2 is (\log x)^2, \log{x}^2 is open
  Ref value = unwrapped(is(Tok::lbrace) ? braced() : atom());
  if (braces && is(Tok::caret)) fail();
  return value;
}

// What a function applies to without brackets: "\sin 2\pi x", "\sin\frac{\pi}{7}"; an operator written out, a bracket
// after it or another function ends it. "\sin \pi/7" goes on through the slash while no variable has come.
Ref Parser::bare_argument() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  bool minus = accept(Tok::minus);
  bool constant = is(Tok::number) || is_symbol("\\pi");
  Ref value = power();
  auto goes_on = [&] {
    if (is(Tok::symbol)) return starts_factor();
    bool value_command = is(Tok::function) && (look().text.ends_with("frac") || look().text == "sqrt");
    return value_command || is(Tok::lbrace);
  };
  while (!failed_ && goes_on()) {
    constant = constant && is_symbol("\\pi");
    value = multiply(value, power());
  }
  if (constant && is(Tok::divide) && is(Tok::number, 1)) {
    take();
    value = tree_.add(Kind::quotient, {value, power()});
  }
  return minus ? tree_.add(Kind::negate, {value}) : value;
}

// One token or one group; a number in TeX gives its first digit and keeps the rest.
Ref Parser::tex_argument() {
  if (is(Tok::lbrace)) return braced();
  if (is(Tok::symbol)) return bare_symbol();
  bool integer = is(Tok::number) && look().text.find('.') == std::string_view::npos && look().exponent == 0;
  bool based = is(Tok::underscore, 1); // x^2_i: the index belongs to x
  if (integer && (lexed_.tex || based) && !look().grouped) {
    Token& token = lexed_.tokens[at_];
    Ref digit = tree_.number(token.text.substr(0, 1), 0);
    token.text.remove_prefix(1);
    token.space = false;
    if (token.text.empty()) ++at_;
    return digit;
  }
  return atom();
}

Ref Parser::fraction() {
  Ref top = tex_argument();
  Ref bottom = tex_argument();
  if (auto node = derivative(top, bottom)) return *node;
  return postfix(tree_.add(Kind::quotient, {unwrapped(top), unwrapped(bottom)}));
}

// "d", "dy", "d^2 y" by its order and what stands behind the sign; nothing behind it is `node` itself.
std::optional<std::pair<int32_t, Ref>> Parser::differential(Ref node, std::string_view sign) {
  Ref head = tree_.kind(node) == Kind::product ? tree_.kid(node, 0) : node;
  auto order = tree_.kind(head) == Kind::power ? small_integer(tree_, tree_.kid(head, 1)) : std::optional<int64_t>(1);
  Ref letter = tree_.kind(head) == Kind::power ? tree_.kid(head, 0) : head;
  bool said = tree_.kind(letter) == Kind::symbol && tree_.name(letter) == sign && order && *order > 0 && *order < 100;
  if (!said) return std::nullopt;
  auto n = static_cast<int32_t>(*order);
  if (head == node) return std::pair(n, node);
  std::vector<Ref> rest(tree_.kids(node).begin() + 1, tree_.kids(node).end());
  return std::pair(n, rest.size() == 1 ? rest[0] : tree_.add(Kind::product, rest));
}

// \frac{dy}{dx}, \frac{d^2}{dx^2} f(x), \frac{\partial f}{\partial x}: one order above and below, one variable.
std::optional<Ref> Parser::derivative(Ref top, Ref bottom) {
  for (auto [sign, name] : {std::pair("d", "deriv"), std::pair("\\partial", "partial")}) {
    bool below = tree_.kind(bottom) == Kind::product && tree_.at(bottom).count == 2 &&
                 tree_.kind(tree_.kid(bottom, 0)) == Kind::symbol && tree_.name(tree_.kid(bottom, 0)) == sign;
    auto above = below ? differential(top, sign) : std::nullopt;
    if (!above) continue;
    Ref variable = tree_.kid(bottom, 1);
    int64_t order = 1;
    if (tree_.kind(variable) == Kind::power) {
      order = small_integer(tree_, tree_.kid(variable, 1)).value_or(0);
      variable = tree_.kid(variable, 0);
    }
    auto [n, function] = *above;
    bool waits = function == top; // for what stands behind the fraction
    if (tree_.kind(variable) != Kind::symbol || order != n || (waits && !starts_factor())) return std::nullopt;
    return tree_.add(Kind::call, {waits ? product() : function, variable}, name, n);
  }
  return std::nullopt;
}

Ref Parser::binomial() {
  if (is(Tok::lparen)) { // binom(n, k)
    std::vector<Ref> list = argument_list();
    return list.size() == 2 ? tree_.add(Kind::call, list, "binom") : fail();
  }
  Ref n = tex_argument();
  Ref k = tex_argument();
  return postfix(tree_.add(Kind::call, {n, k}, "binom"));
}

Ref Parser::root() {
  Ref degree = 0;
  bool cubic = false;
  if (is(Tok::lbrack) && lexed_.tex) {
    take();
    degree = sum();
    cubic = true;
    if (!accept(Tok::rbrack)) return fail();
  }
  Ref radicand = tex_argument();
  return postfix(cubic ? tree_.add(Kind::call, {unwrapped(radicand), degree}, "root")
                       : tree_.add(Kind::call, {unwrapped(radicand)}, "sqrt"));
}

// The sign without a bar takes the number or the bracket behind it.
Ref Parser::surd(std::string_view name) {
  Ref radicand = is(Tok::lbrace) ? braced() : is(Tok::number) ? number() : atom();
  if (name == "surd") return tree_.add(Kind::call, {unwrapped(radicand)}, "sqrt");
  return tree_.add(Kind::call, {unwrapped(radicand), tree_.integer(3)}, "root");
}

Ref Parser::logarithm(std::string_view name) {
  Ref base = 0, above = 0;
  bool based = false, raised = false;
  for (int i = 0; i < 2; ++i) {
    if (is(Tok::underscore)) take(), base = script_argument(), based = true;
    if (is(Tok::caret)) take(), above = exponent(), raised = true;
  }
  Ref value = argument();
  if (!based && name == "lg") base = tree_.integer(10), based = true;
  Ref call = based ? tree_.add(Kind::call, {value, base}, "log")
                   : tree_.add(Kind::call, {value}, name == "ln" ? "ln" : "log");
  return raised ? tree_.add(Kind::power, {call, above}) : postfix(call);
}

// \sum_{k=1}^{n} body: variable, from, to, body. Without bounds the body alone.
Ref Parser::big_operator(std::string_view name) {
  Ref below = 0, above = 0;
  bool has_below = false, has_above = false;
  for (int i = 0; i < 2; ++i) {
    if (is(Tok::underscore)) take(), below = script_argument(), has_below = true;
    if (is(Tok::caret)) take(), above = script_argument(), has_above = true;
  }
  Ref body = product();
  bool bounds = has_below && has_above && tree_.kind(below) == Kind::relation && tree_.at(below).count == 2 &&
                tree_.name(below) == "=";
  if (!bounds) {
    std::vector<Ref> parts{body};
    if (has_below) parts.push_back(below);
    if (has_above) parts.push_back(above);
    return tree_.add(Kind::call, parts, name == "sum" ? "opensum" : "openprod");
  }
  return tree_.add(Kind::call, {tree_.kid(below, 0), tree_.kid(below, 1), above, body}, name);
}

// The integrand reaches to the differential.
Ref Parser::integral() {
  std::vector<Ref> parts(1);
  Ref bounds[2] = {};
  bool has[2] = {};
  for (int i = 0; i < 2; ++i) {
    if (!is(Tok::underscore) && !is(Tok::caret)) break;
    bool upper = take().kind == Tok::caret;
    if (is(Tok::lbrace) && is(Tok::rbrace, 1)) {
      take(), take();
      continue;
    }
    bounds[upper] = script_argument();
    has[upper] = true;
  }
  bool outer = std::exchange(integrand_, true);
  bool bare = is_symbol("d") && is(Tok::symbol, 1); // \int dx
  Ref body = bare ? tree_.integer(1) : sum();
  integrand_ = outer;
  if (is_symbol("d") && is(Tok::symbol, 1)) {
    take();
    body = multiply(multiply(body, tree_.add(Kind::symbol, {}, "d")), symbol());
  }
  parts[0] = body;
  for (int i = 0; i < 2; ++i)
    if (has[i]) parts.push_back(bounds[i]);
  return tree_.add(Kind::call, parts, "int");
}

// \lim_{x \to 3^+} body; a body without the variable is its own limit.
Ref Parser::limit() {
  if (!accept(Tok::underscore) || !accept(Tok::lbrace)) return fail();
  Ref variable = sum();
  if (!accept(Tok::relation)) return fail();
  bool minus = accept(Tok::minus);
  Ref target = postfix(atom());
  if (minus) target = tree_.add(Kind::negate, {target});
  int side = 0;
  if (accept(Tok::caret)) {
    bool brace = accept(Tok::lbrace);
    if (!is(Tok::plus) && !is(Tok::minus)) return fail();
    side = take().kind == Tok::plus ? 1 : -1;
    if (brace && !accept(Tok::rbrace)) return fail();
  }
  if (!accept(Tok::rbrace)) return fail();
  Ref body = product();
  if (canonical(tree_, body).find(canonical(tree_, variable)) == std::string::npos) return body;
  return tree_.add(Kind::call, {variable, target, body}, "lim", side);
}

} // namespace proctor::math
