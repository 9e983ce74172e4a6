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
    if (is_bracketed_numeral()) return bracketed_numeral();
    [[fallthrough]];
  case Tok::lbrack:
  case Tok::langle: return bracket(take().kind);
  case Tok::rbrack: take(); return reversed_bracket();
  case Tok::lbrace: return is_prescript() ? prescript() : braced();
  case Tok::caret:
  case Tok::underscore: return is_prescript() ? prescript() : fail();
  case Tok::lset: take(); return brace_set();
  case Tok::bar:
  case Tok::norm: return absolute(take().kind);
  case Tok::lfloor: take(); return enclosed("floor", Tok::rfloor);
  case Tok::lceil: take(); return enclosed("ceil", Tok::rceil);
  case Tok::begin: return matrix();
  case Tok::dots: take(); return tree_.add(Kind::dots);
  case Tok::currency: take(); return atom();
  case Tok::word: return value_in_words();
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
  std::string gaps;
  if (is(Tok::rbrace)) return fail();
  std::vector<Ref> list = items(false, gaps);
  bars_ = bars;
  integrand_ = integrand;
  if (!is(Tok::rbrace) && !is(Tok::rset)) return fail();
  take();
  return list.size() == 1 ? list.front() : tree_.add(Kind::set, list);
}

// "{}^5", "^5", "{}_5" before a letter: nothing that the script could belong to.
bool Parser::is_prescript() const {
  size_t empty = is(Tok::lbrace) && is(Tok::rbrace, 1) ? 2 : 0;
  return (empty == 2 || !is(Tok::lbrace)) && (is(Tok::caret, empty) || is(Tok::underscore, empty));
}

// {}^nC_k and {}_nC_k are binomial coefficients, {}^nP_k counts arrangements: n! / (n-k)!.
Ref Parser::prescript() {
  if (accept(Tok::lbrace)) take();
  take();
  Ref n = script_argument();
  bool chosen = is_symbol("C"), arranged = is_symbol("P");
  if (!chosen && !arranged) return fail();
  take();
  if (!accept(Tok::underscore)) return fail();
  Ref k = script_argument();
  if (chosen) return tree_.add(Kind::call, {n, k}, "binom");
  Ref rest = tree_.add(Kind::sum, {n, tree_.add(Kind::negate, {k})});
  Ref all = tree_.add(Kind::call, {n}, "factorial");
  return tree_.add(Kind::quotient, {all, tree_.add(Kind::call, {rest}, "factorial")});
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

namespace {

bool is_separator(Tok kind) {
  return kind == Tok::comma || kind == Tok::semicolon || kind == Tok::conj || kind == Tok::relation ||
         kind == Tok::minus || kind == Tok::lset || kind == Tok::rset || kind == Tok::rparen || kind == Tok::rbrack ||
         kind == Tok::lbrace || kind == Tok::rbrace;
}

// The digits that 0.1666... repeats: three times, or twice where they are three and more. 2.44... may be a root of 6.
std::string tail(std::string_view decimals) {
  for (size_t n = 1; 2 * n <= decimals.size(); ++n) {
    std::string_view last = decimals.substr(decimals.size() - n);
    size_t times = 1;
    while ((times + 1) * n <= decimals.size() && decimals.substr(decimals.size() - (times + 1) * n, n) == last) ++times;
    if (times >= 3 || (times == 2 && n >= 3)) return std::string(last);
  }
  return {};
}

} // namespace

// The digits below an accent: "27" of \overline{27}.
std::string Parser::accented(std::string_view accent, size_t ahead) const {
  std::string_view text = is(Tok::symbol, ahead) ? look(ahead).text : std::string_view();
  if (!text.starts_with(accent) || !text.ends_with('}')) return {};
  std::string inside(text.substr(accent.size(), text.size() - accent.size() - 1));
  return inside.find_first_not_of("0123456789") == inside.npos ? inside : "";
}

bool Parser::is_digits(size_t ahead) const {
  return is(Tok::number, ahead) && look(ahead).text.find('.') == std::string_view::npos && look(ahead).exponent == 0;
}

Ref Parser::number() {
  const Token& token = take();
  if (token.text.empty() || token.text.size() > kMaxDigits) return fail();
  bool integer = token.text.find('.') == token.text.npos;
  if (is(Tok::underscore) && token.exponent == 0) return based_number(token);
  if (!integer)
    if (std::string repeated = period(token); !repeated.empty()) return recurring(token, repeated);
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
  bool truncated = tree_.at(node).spelled_decimal && accept(Tok::dots); // 2.44... is near 2.44
  return truncated ? tree_.add(Kind::call, {node}, "truncated") : node;
}

// What a decimal repeats: 0.1\overline{6}, 0.\dot{1}4\dot{2}, 0.1(6) as a whole value, 0.1666... ; takes it.
// Empty: it repeats nothing.
std::string Parser::period(const Token& token) {
  bool whole = at_ < 2 || is_separator(lexed_.tokens[at_ - 2].kind);
  if (std::string bar = accented("\\bar{"); !bar.empty()) return ++at_, bar;
  if (std::string first = accented("\\dot{"); !first.empty()) {
    bool between = is_digits(1);
    std::string last = accented("\\dot{", between ? 2 : 1);
    std::string middle(between && !last.empty() ? look(1).text : "");
    at_ += last.empty() ? 1 : middle.empty() ? 2 : 3;
    return first + middle + last;
  }
  bool bracket = is(Tok::lparen) && !look().space && is_digits(1) && is(Tok::rparen, 2);
  if (whole && bracket && (is(Tok::end, 3) || is_separator(look(3).kind))) {
    at_ += 3;
    return std::string(lexed_.tokens[at_ - 2].text);
  }
  std::string repeated = is(Tok::dots) ? tail(token.text.substr(token.text.find('.') + 1)) : std::string();
  if (!repeated.empty()) take();
  return repeated;
}

// 0.1\overline{6}: (16 - 1) / 90.
Ref Parser::recurring(const Token& token, const std::string& repeated) {
  size_t point = token.text.find('.');
  std::string before(token.text);
  before.erase(point, 1);
  size_t fixed = token.text.size() - point - 1;
  if (before.empty()) before = "0";
  Ref all = tree_.number(before + repeated, 0);
  Ref head = tree_.number(before, 0);
  Ref top = tree_.add(Kind::sum, {all, tree_.add(Kind::negate, {head})});
  std::string bottom = std::string(repeated.size(), '9') + std::string(fixed, '0');
  return tree_.add(Kind::quotient, {top, tree_.number(bottom, 0)});
}

// (52)_8
bool Parser::is_bracketed_numeral() const {
  return is(Tok::lparen) && is_digits(1) && is(Tok::rparen, 2) && is(Tok::underscore, 3);
}

Ref Parser::bracketed_numeral() {
  take();
  const Token& token = take();
  take();
  return based_number(token);
}

// 52_8, 52_{8}, 52_{(8)}, 52_{\text{eight}}, 52_{\text{base }8}
Ref Parser::based_number(const Token& token) {
  take();
  bool brace = accept(Tok::lbrace), bracket = accept(Tok::lparen);
  if (is_word("base")) take();
  int base = base_name();
  if (base == 0 || (bracket && !accept(Tok::rparen)) || (brace && !accept(Tok::rbrace))) return fail();
  return tree_.add(Kind::based, {}, token.text, base);
}

// "52 base 8", "52 in base eight", "52 (base 8)": how many tokens come before the base; 0 for anything else.
size_t Parser::words_before_base() const {
  size_t ahead = is(Tok::lparen) || is_word("in") ? 1 : 0;
  return is_word("base", ahead) ? ahead + 1 : 0;
}

Ref Parser::numeral_in_words(Ref digits) {
  bool bracket = is(Tok::lparen);
  at_ += words_before_base();
  int base = base_name();
  if (base == 0 || (bracket && !accept(Tok::rparen))) return fail();
  return tree_.add(Kind::based, {}, std::string(tree_.name(digits)), base);
}

// "8" or "eight", taken; 0 for what names no base.
int Parser::base_name() {
  std::string_view text = look().text;
  int64_t base = 0;
  if (is(Tok::word)) {
    base = number_words(std::span(&text, 1)).value_or(0);
  } else if (is_digits(0) && text.size() <= 2) {
    for (char c : text) base = base * 10 + (c - '0');
  }
  if (base < 2 || base > 36) return 0;
  take();
  return static_cast<int>(base);
}

// "infinity", "all real numbers except 2", "twenty-five"
Ref Parser::value_in_words() {
  if (is_word("infinity")) return take(), tree_.add(Kind::infinity);
  size_t all = is_word("all") ? 1 : 0;
  bool numbers = is_word("real", all) && (is_word("numbers", all + 1) || is_word("values", all + 1));
  if (!numbers && !(all == 1 && is_word("reals", all))) return number_in_words();
  at_ += all + (numbers ? 2 : 1);
  Ref line = tree_.add(Kind::symbol, {}, "\\mathbb{R}");
  if (!is_word("except")) return line;
  take();
  std::string gaps;
  return tree_.add(Kind::set_minus, {line, tree_.add(Kind::set, items(false, gaps))});
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
  size_t hyphen = is(Tok::minus) ? 1 : 0;
  int part = is(Tok::word, hyphen) ? fraction_word(look(hyphen).text, *best) : 0;
  if (part == 0) return tree_.integer(*best);
  at_ += hyphen + 1;
  return tree_.add(Kind::quotient, {tree_.integer(*best), tree_.integer(part)});
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
  if (callable && !reading_.call_products && is_inverse_call(name)) {
    at_ += is(Tok::lbrace, 1) ? 5 : 3;
    return call_arguments(name + "^{-1}");
  }
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

// f^{-1}(x): "^{-1}" or "^-1" between a function's name and a bracket.
bool Parser::is_inverse_call(std::string_view name) const {
  size_t brace = is(Tok::lbrace, 1) ? 1 : 0;
  bool inverse = is(Tok::caret) && is(Tok::minus, 1 + brace) && is(Tok::number, 2 + brace) &&
                 look(2 + brace).text == "1" && (brace == 0 || is(Tok::rbrace, 4)) && is(Tok::lparen, 3 + 2 * brace);
  return inverse && (name == "f" || name == "g" || name == "h");
}

Ref Parser::call_arguments(std::string_view name) {
  bool braced = accept(Tok::lbrace);
  take();
  std::string gaps;
  int bars = std::exchange(bars_, 0);
  std::vector<Ref> list = items(false, gaps);
  bars_ = bars;
  Ref call = expect(Tok::rparen, tree_.add(Kind::call, list, name));
  return braced ? expect(Tok::rbrace, call) : call;
}

} // namespace proctor::math
