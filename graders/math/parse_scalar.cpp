// SPDX-License-Identifier: MIT
// Sums, products, powers: the part of the parser where precedence decides.
#include <algorithm>

#include "graders/math/parser_state.h"
#include "harness/text/ascii.h"

namespace proctor::math {

Ref Parser::sum() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  std::vector<Ref> terms;
  if (is(Tok::pm) || is(Tok::mp)) {
    int sign = take().kind == Tok::pm ? 1 : -1;
    terms.push_back(tree_.add(Kind::plus_minus, {product()}, {}, sign));
  } else {
    terms.push_back(product());
  }
  while (!failed_ && (is(Tok::plus) || is(Tok::minus) || is(Tok::pm) || is(Tok::mp))) {
    Tok op = take().kind;
    while (accept(Tok::plus)) {
    }
    Ref right = product();
    if (op == Tok::plus) {
      terms.push_back(right);
    } else if (op == Tok::minus) {
      terms.push_back(tree_.add(Kind::negate, {right}));
    } else {
      Ref left = terms.size() == 1 ? terms[0] : tree_.add(Kind::sum, terms);
      terms = {tree_.add(Kind::plus_minus, {left, right}, {}, op == Tok::pm ? 1 : -1)};
    }
  }
  if (is_function("over")) { // TeX's {a \over b}
    take();
    Ref top = terms.size() == 1 ? terms[0] : tree_.add(Kind::sum, terms);
    return tree_.add(Kind::quotient, {top, sum()});
  }
  if (is_function("choose")) {
    take();
    Ref top = terms.size() == 1 ? terms[0] : tree_.add(Kind::sum, terms);
    return tree_.add(Kind::call, {top, sum()}, "binom");
  }
  return terms.size() == 1 ? terms[0] : tree_.add(Kind::sum, terms);
}

// A set of one element that is multiplied was a bracket.
Ref Parser::unwrapped(Ref node) {
  return tree_.kind(node) == Kind::set && tree_.at(node).count == 1 ? tree_.kid(node, 0) : node;
}

Ref Parser::multiply(Ref a, Ref b) {
  a = unwrapped(a), b = unwrapped(b);
  if (tree_.kind(a) != Kind::product) return tree_.add(Kind::product, {a, b});
  tree_.extend(a, b);
  return a;
}

bool Parser::starts_factor() const {
  const Token& next = look();
  switch (next.kind) {
  case Tok::number:
  case Tok::symbol:
    if (next.roman && next.text == "i") return true; // 9\mathrm{i}, which is no unit
    if (next.roman && next.text == "e" && is(Tok::caret, 1)) return true;
    if (next.roman && at_ > 0 && !lexed_.tokens[at_ - 1].roman) return false; // a unit
    if (integrand_ && is_symbol("d") && is(Tok::symbol, 1)) return false;
    return true;
  case Tok::function: return next.text != "over" && !(next.text == "choose" && !is(Tok::lbrace, 1));
  case Tok::lparen: return !is(Tok::mod, 1) && words_before_base() == 0;
  case Tok::lbrack: return !ends_reversed();
  case Tok::lbrace:
  case Tok::lset:
  case Tok::langle:
  case Tok::lfloor:
  case Tok::lceil:
  case Tok::begin: return true;
  case Tok::dots: return true;
  case Tok::bar: {
    if (bars_ != 0) return false;
    for (size_t i = at_ + 1; i < lexed_.tokens.size(); ++i) // a bar that opens has a partner
      if (lexed_.tokens[i].kind == Tok::bar) return true;
    return false;
  }
  default: return false;
  }
}

// "2 3/4" and "2\frac{3}{4}": an integer and a proper fraction of integers side by side.
bool Parser::is_mixed_number() const {
  if (at_ == 0 || lexed_.tokens[at_ - 1].kind != Tok::number) return false;
  const Token& whole = lexed_.tokens[at_ - 1];
  if (whole.text.find('.') != std::string_view::npos || whole.exponent != 0) return false;
  auto smaller = [](std::string_view a, std::string_view b) {
    bool digits = a.find_first_not_of("0123456789") == a.npos && b.find_first_not_of("0123456789") == b.npos;
    return digits && (a.size() < b.size() || (a.size() == b.size() && a < b));
  };
  if (is(Tok::number) && is(Tok::divide, 1) && is(Tok::number, 2)) return smaller(look().text, look(2).text);
  if (!is(Tok::function) || !look().text.ends_with("frac")) return false;
  size_t i = 1;
  if (is(Tok::number, i) && look(i).text.size() == 2) return look(i).text[0] < look(i).text[1]; // \frac34
  std::string_view top, bottom;
  for (std::string_view* part : {&top, &bottom}) {
    bool braced = is(Tok::lbrace, i);
    i += braced ? 1 : 0;
    if (!is(Tok::number, i)) return false;
    *part = look(i++).text;
    if (braced && !is(Tok::rbrace, i++)) return false;
  }
  return smaller(top, bottom);
}

// A sign behind it, as in "12 1/2%", belongs to the whole.
Ref Parser::mixed_number(Ref whole) {
  Ref part;
  if (is(Tok::number)) {
    Ref top = number();
    part = slashed_number(top);
  } else {
    take();
    Ref top = tex_argument();
    part = tree_.add(Kind::quotient, {top, tex_argument()});
  }
  return postfix(tree_.add(Kind::sum, {whole, part}));
}

// "/2" behind a number.
Ref Parser::slashed_number(Ref above) {
  take();
  return tree_.add(Kind::quotient, {above, number()});
}

// The slash of "25/2%" and "45/2°": the sign belongs to the fraction, not to the number below.
bool Parser::is_marked_fraction() const {
  return is(Tok::divide) && is(Tok::number, 1) && (is(Tok::percent, 2) || is(Tok::degree, 2));
}

// a/bc: what is written together belongs together, unless the reading says otherwise.
Ref Parser::denominator() {
  Ref value = unary();
  bool number = tree_.kind(value) == Kind::number;
  while (!failed_ && !reading_.loose_slash && number && starts_factor() && !look().space && !is(Tok::number) &&
         (is(Tok::symbol) || (is(Tok::function) && !look().text.ends_with("frac")))) {
    value = multiply(value, power());
  }
  return value;
}

// "dx" of dy/dx and of d/dx (x^2).
Ref Parser::slashed_differential(Ref above) {
  if (!differential(above, "d")) return denominator();
  Ref letter = bare_symbol();
  return tree_.add(Kind::product, {letter, bare_symbol()});
}

Ref Parser::product() {
  Ref left = unary();
  bool bare_number = tree_.kind(left) == Kind::number ||
                     (tree_.kind(left) == Kind::negate && tree_.kind(tree_.kid(left, 0)) == Kind::number);
  while (!failed_) {
    if (accept(Tok::times)) {
      left = multiply(left, unary());
    } else if (bare_number && is_marked_fraction()) {
      left = postfix(slashed_number(left));
    } else if (is(Tok::divide) && !(look(1).roman && (is(Tok::word, 1) || is(Tok::symbol, 1)))) {
      take();
      Ref below = is_symbol("d") && is(Tok::symbol, 1) ? slashed_differential(left) : denominator();
      auto derived = derivative(left, below);
      left = derived ? *derived : tree_.add(Kind::quotient, {unwrapped(left), unwrapped(below)});
    } else if (is(Tok::mod)) {
      std::string_view name = take().text == "pmod" ? "pmod" : "mod";
      left = tree_.add(Kind::call, {left, unary()}, name);
    } else if (bare_number && is_mixed_number()) {
      bool negative = tree_.kind(left) == Kind::negate;
      Ref mixed = mixed_number(negative ? tree_.kid(left, 0) : left);
      left = negative ? tree_.add(Kind::negate, {mixed}) : mixed;
    } else if (starts_factor() && !is_letter_cup(left)) {
      if (is(Tok::number) && at_ > 0 && lexed_.tokens[at_ - 1].kind == Tok::number)
        return fail(); // "3 4" is no number
      left = multiply(left, power());
    } else {
      break;
    }
    bare_number = false;
  }
  return left;
}

Ref Parser::unary() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  if (accept(Tok::plus)) return unary();
  if (accept(Tok::currency)) return unary();
  if (!accept(Tok::minus) && !accept_minus_word()) return power();
  Ref value = unary();
  return tree_.add(Kind::negate, {value});
}

// "negative 5", "minus one half"
bool Parser::accept_minus_word() {
  if (!is(Tok::word)) return false;
  std::string word = lower(look().text);
  return (word == "negative" || word == "minus") && (take(), true);
}

Ref Parser::power() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  Ref base = postfix(atom());
  while (!failed_ && is(Tok::caret)) {
    take();
    if (is(Tok::prime) || (is(Tok::lbrace) && is(Tok::prime, 1))) { // x^{\prime}
      bool braced = accept(Tok::lbrace);
      std::string name(tree_.name(base));
      while (accept(Tok::prime)) name += '\'';
      if (braced && !accept(Tok::rbrace)) return fail();
      base = named_symbol(name, true);
      continue;
    }
    if (is(Tok::lbrace) && is(Tok::rbrace, 1)) { // ^{} raises nothing
      take(), take();
      if (starts_factor()) base = tree_.add(Kind::power, {base, unary()});
      continue;
    }
    Ref above = exponent();
    if (is(Tok::underscore) && tree_.kind(base) == Kind::symbol) { // x^2_{23}
      take();
      std::string name = std::string(tree_.name(base)) + "_";
      base = tree_.add(Kind::symbol, {}, name + subscript());
    }
    base = postfix(tree_.add(Kind::power, {unwrapped(base), unwrapped(above)}));
    break;
  }
  return base;
}

Ref Parser::exponent() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  bool minus = accept(Tok::minus);
  Ref value = is(Tok::number) && reading_.whole_exponent ? number() : script_argument();
  if (accept(Tok::caret)) value = tree_.add(Kind::power, {value, exponent()});
  return minus ? tree_.add(Kind::negate, {value}) : value;
}

// What a script or a command takes in TeX: a group, or one token; a number gives its first digit.
Ref Parser::script_argument() {
  if (is(Tok::lbrace)) return braced();
  return tex_argument();
}

Ref Parser::postfix(Ref value) {
  for (int n = 0; !failed_ && n < 16; ++n) {
    if (is(Tok::bang)) {
      take();
      if (accept(Tok::bang))
        value = tree_.add(Kind::call, {value}, "doublefactorial");
      else
        value = tree_.add(Kind::call, {value}, "factorial");
    } else if (accept(Tok::percent)) {
      value = tree_.add(Kind::percent, {value});
    } else if (accept(Tok::degree)) {
      value = temperature(tree_.add(Kind::degree, {value}));
    } else if (is(Tok::prime) && tree_.kind(value) == Kind::number) {
      std::string unit;
      while (accept(Tok::prime)) unit += '\'';
      value = tree_.add(Kind::quantity, {value}, unit);
    } else if (is(Tok::currency) && !is(Tok::number, 1)) { // 2,74 $
      value = tree_.add(Kind::quantity, {value}, take().text);
    } else {
      break;
    }
  }
  return value;
}

} // namespace proctor::math
