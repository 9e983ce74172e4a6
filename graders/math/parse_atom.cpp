// SPDX-License-Identifier: MIT
// What a value can begin with: numbers, names, brackets, bars, environments.
#include <algorithm>

#include "graders/math/parser_state.h"
#include "graders/math/words.h"
#include "harness/text/ascii.h"

namespace proctor::math {

Ref Parser::atom() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  switch (look().kind) {
  case Tok::number: return number();
  case Tok::symbol: return symbol();
  case Tok::function: return function();
  case Tok::lparen:
  case Tok::lbrack:
  case Tok::langle: return bracket(take().kind);
  case Tok::rbrack: take(); return reversed_bracket();
  case Tok::lbrace: return braced();
  case Tok::lset: take(); return brace_set();
  case Tok::bar:
  case Tok::norm: return absolute(take().kind);
  case Tok::lfloor: take(); return enclosed("floor", Tok::rfloor);
  case Tok::lceil: take(); return enclosed("ceil", Tok::rceil);
  case Tok::begin: return matrix();
  case Tok::dots: take(); return tree_.add(Kind::dots);
  case Tok::currency: take(); return atom();
  case Tok::word: return number_in_words();
  default: return fail();
  }
}

// "{...}" groups; with separators inside it is a set, as plain text writes them.
Ref Parser::braced() {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  if (!accept(Tok::lbrace)) return fail();
  int bars = std::exchange(bars_, 0);
  bool integrand = std::exchange(integrand_, false);
  bool semicolons = false;
  if (is(Tok::rbrace)) return fail();
  std::vector<Ref> list = items(false, semicolons);
  bars_ = bars;
  integrand_ = integrand;
  if (!is(Tok::rbrace) && !is(Tok::rset)) return fail();
  take();
  return list.size() == 1 ? list.front() : tree_.add(Kind::set, list);
}

Ref Parser::absolute(Tok bar) {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  int bars = std::exchange(bars_, 1);
  Ref value = sum();
  bars_ = bars;
  if (tree_.kind(value) == Kind::matrix && bar == Tok::bar) return expect(bar, tree_.add(Kind::call, {value}, "det"));
  return expect(bar, tree_.add(Kind::call, {value}, "abs"));
}

Ref Parser::enclosed(std::string_view function, Tok close) {
  Nested nested(*this);
  if (nested.too_deep()) return fail();
  int bars = std::exchange(bars_, 0);
  Ref value = sum();
  bars_ = bars;
  return expect(close, tree_.add(Kind::call, {value}, function));
}

// ---- numbers

Ref Parser::number() {
  const Token& token = take();
  if (token.text.empty() || token.text.size() > kMaxDigits) return fail();
  bool integer = token.text.find('.') == token.text.npos;
  if (is(Tok::underscore) && token.exponent == 0) return based_number(token);
  bool bar = is(Tok::symbol) && look().text.starts_with("\\bar{") && !integer;
  if (bar) return recurring(token);
  size_t point = token.text.find('.');
  std::string digits(token.text);
  int32_t exponent = token.exponent;
  if (!integer) {
    digits.erase(point, 1);
    exponent -= static_cast<int32_t>(token.text.size() - point - 1);
  }
  size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  Ref node = tree_.number(std::string_view(digits).substr(zeros), exponent);
  tree_.at(node).spelled_decimal = !integer && point + 1 < token.text.size();
  return node;
}

// 0.1\overline{6}: (16 - 1) / 90.
Ref Parser::recurring(const Token& token) {
  std::string_view symbol = take().text;
  std::string period(symbol.substr(5, symbol.size() - 6));
  bool digits = !period.empty() && std::all_of(period.begin(), period.end(), is_digit);
  size_t point = token.text.find('.');
  if (!digits) return fail();
  std::string before(token.text);
  before.erase(point, 1);
  size_t fixed = token.text.size() - point - 1;
  if (before.empty()) before = "0";
  Ref all = tree_.number(before + period, 0);
  Ref head = tree_.number(before, 0);
  Ref top = tree_.add(Kind::sum, {all, tree_.add(Kind::negate, {head})});
  std::string bottom = std::string(period.size(), '9') + std::string(fixed, '0');
  return tree_.add(Kind::quotient, {top, tree_.number(bottom, 0)});
}

// 52_8, 52_{8}, 52_{\text{eight}}
Ref Parser::based_number(const Token& token) {
  take();
  bool brace = accept(Tok::lbrace);
  if (!is(Tok::number)) return fail();
  std::string_view base = take().text;
  if (brace && !accept(Tok::rbrace)) return fail();
  if (base.size() > 2 || base.find_first_not_of("0123456789") != base.npos) return fail();
  int value = 0;
  for (char c : base) value = value * 10 + (c - '0');
  return tree_.add(Kind::based, {}, token.text, value);
}

Ref Parser::number_in_words() {
  std::vector<std::string_view> words;
  size_t length = 0;
  std::optional<int64_t> best;
  for (size_t i = 0; i < 16; ++i) {
    if (is(Tok::minus, i)) continue;
    bool glue = is(Tok::conj, i) && !words.empty();
    if (!is(Tok::word, i) && !glue) break;
    words.push_back(look(i).text);
    auto value = number_words(words);
    if (value) best = value, length = i + 1;
  }
  if (!best) return fail();
  at_ += length;
  return tree_.integer(*best);
}

// ---- names

bool is_constant_name(std::string_view name) {
  return name == "\\pi" || name == "e" || name == "i" || name == "\\infty" || name == "\\exponentialE" ||
         name == "\\imaginaryI";
}

Ref Parser::named_symbol(std::string name, bool callable) {
  std::string primes, below;
  for (bool more = true; more && !failed_;) { // f'_1 is f_1'
    more = false;
    while (accept(Tok::prime)) primes += '\'', more = true;
    if (below.empty() && accept(Tok::underscore)) below = "_" + subscript(), more = true;
  }
  name += below + primes;
  if (callable && !reading_.call_products && is_call_ahead(name)) return call_arguments(name);
  if (name == "\\pi") return tree_.add(Kind::pi);
  if (name == "e" || name == "\\exponentialE") return tree_.add(Kind::euler);
  if (name == "i" || name == "\\imaginaryI") return tree_.add(Kind::imaginary);
  if (name == "\\infty") return tree_.add(Kind::infinity);
  if (name == "\\emptyset") return tree_.add(Kind::set);
  return tree_.add(Kind::symbol, {}, name);
}

Ref Parser::symbol() {
  const Token& token = take();
  if (token.text == "a" && is(Tok::word) && look().text == "dozen") {
    take();
    return tree_.integer(12);
  }
  return named_symbol(std::string(token.text), true);
}

// A symbol as a script or an argument takes it: alone.
Ref Parser::bare_symbol() {
  std::string name(take().text);
  if (name == "\\pi") return tree_.add(Kind::pi);
  if (name == "e") return tree_.add(Kind::euler);
  if (name == "i") return tree_.add(Kind::imaginary);
  if (name == "\\infty") return tree_.add(Kind::infinity);
  return tree_.add(Kind::symbol, {}, name);
}

// The subscript as text: the tree's structure where it parses, so that a_{n+k} is a_{k+n}.
std::string Parser::subscript() {
  if (!is(Tok::lbrace)) {
    const Token& token = take();
    if (token.kind == Tok::number && lexed_.tex && token.text.size() > 1) {
      Token& rest = lexed_.tokens[--at_];
      std::string first(1, rest.text[0]);
      rest.text.remove_prefix(1);
      rest.space = false;
      return first;
    }
    if (token.text.empty()) fail();
    // as canonical() writes them
    return token.text == "i" ? "I" : token.text == "e" ? "E" : token.text == "\\pi" ? "PI" : std::string(token.text);
  }
  size_t begin = at_, depth = 0, end = at_;
  bool plain = true;
  for (; !is(Tok::end, end - at_); ++end) {
    Tok kind = lexed_.tokens[end].kind;
    depth += kind == Tok::lbrace ? 1 : 0;
    depth -= kind == Tok::rbrace ? 1 : 0;
    if (depth == 0) break;
    plain = plain && kind != Tok::word && kind != Tok::unknown && kind != Tok::relation;
  }
  if (plain) {
    Ref node = braced();
    return failed_ ? std::string() : canonical(tree_, node);
  }
  std::string name;
  for (size_t i = begin + 1; i < end; ++i) name += lexed_.tokens[i].text.empty() ? "." : lexed_.tokens[i].text;
  at_ = end;
  if (!accept(Tok::rbrace)) fail();
  return name;
}

// f(x), g(x+1), P(n): a function's name before a bracket, rather than a product.
bool Parser::is_call_ahead(std::string_view name) const {
  if (is(Tok::lbrace) && is(Tok::lparen, 1)) return name.find_first_of("fghFGH") == 0; // f{\left(x\right)}
  if (!is(Tok::lparen) || name.empty()) return false;
  constexpr std::string_view kAlways = "fg";
  constexpr std::string_view kSometimes = "hFGHPQRSTVWpq";
  if (kAlways.find(name[0]) != kAlways.npos && (name.size() == 1 || name[1] == '\'' || name[1] == '_')) return true;
  if (name[0] == '\\' || kSometimes.find(name[0]) == kSometimes.npos) return false;
  bool single = (is(Tok::symbol, 1) || is(Tok::number, 1)) && is(Tok::rparen, 2);
  bool negative = is(Tok::minus, 1) && is(Tok::number, 2) && is(Tok::rparen, 3);
  return single || negative;
}

Ref Parser::call_arguments(std::string_view name) {
  bool braced = accept(Tok::lbrace);
  take();
  bool semicolons = false;
  int bars = std::exchange(bars_, 0);
  std::vector<Ref> list = items(false, semicolons);
  bars_ = bars;
  Ref call = expect(Tok::rparen, tree_.add(Kind::call, list, name));
  return braced ? expect(Tok::rbrace, call) : call;
}

} // namespace proctor::math
