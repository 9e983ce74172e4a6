// SPDX-License-Identifier: MIT
// What may stand behind a value: units, percent and degree words, powers of ten in words, am and pm, a base in words.
#include <algorithm>

#include "graders/math/parser_state.h"
#include "graders/math/tape.h"
#include "graders/math/units.h"
#include "graders/math/words.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

// Words behind a number that make another statement of it: "5 less than x", "5 at most", "5 is wrong", "5 plus x".
bool changes_the_value(std::string_view unit) {
  constexpr std::string_view kOperations[] = {"plus", "minus", "divided", "over", "factorial", "modulo", "mod"};
  constexpr std::string_view kDenials[] = {"than", "not", "wrong", "incorrect", "false", "most", "least"};
  std::string words = " " + lower(unit) + " ";
  auto begins = [&](std::string_view word) { return words.starts_with(" " + std::string(word) + " "); };
  auto says = [&](std::string_view word) { return words.find(" " + std::string(word) + " ") != words.npos; };
  if (words.starts_with(" times ")) return words.size() > 7 && words.find(" as ") == words.npos; // "12 times"
  return std::any_of(std::begin(kOperations), std::end(kOperations), begins) ||
         std::any_of(std::begin(kDenials), std::end(kDenials), says);
}

bool is_percent_word(std::string_view word) {
  std::string small = lower(word);
  return small == "percent" || small == "pct" || small == "percentage" || small == "percents";
}

} // namespace

bool Parser::starts_unit() const {
  if (is(Tok::word)) return true;
  return is(Tok::symbol) && look().roman;
}

// "cm^2", "km/h", "square feet per second"; words are joined by spaces.
std::string Parser::unit_text() {
  std::string unit;
  for (int n = 0; n < 24 && !is(Tok::end); ++n) {
    const Token& token = look();
    bool roman = token.kind == Tok::symbol && token.roman;
    if (token.kind == Tok::word || roman || (token.kind == Tok::symbol && !unit.empty() && token.text.size() == 1)) {
      if (!unit.empty() && unit.back() != '/' && unit.back() != '*') unit += ' ';
      unit += token.text;
    } else if (token.kind == Tok::divide && !unit.empty()) {
      unit += '/';
    } else if (token.kind == Tok::divide && (look(1).kind == Tok::word || look(1).roman)) {
      unit += "1/";
    } else if ((token.kind == Tok::times || token.kind == Tok::minus) && !unit.empty() &&
               (is(Tok::word, 1) || look(1).roman)) {
      unit += '*';
    } else if (token.kind == Tok::caret && !unit.empty()) {
      take();
      bool brace = accept(Tok::lbrace);
      bool minus = accept(Tok::minus);
      if (!is(Tok::number)) return fail(), unit;
      unit += (minus ? "^-" : "^") + std::string(look().text);
      if (brace && is(Tok::rbrace, 1)) take();
    } else if (token.kind == Tok::number && !unit.empty() && !token.space && token.text.size() == 1) {
      unit += "^" + std::string(token.text); // cm2
    } else if (token.kind == Tok::unknown && token.text == ".") {
      // abbreviations
    } else {
      break;
    }
    take();
  }
  return unit;
}

// "7:30 p.m."; hh:mm without it stays a ratio that may be a time.
bool Parser::time_suffix(Ref value, Ref& time) {
  bool pm = is(Tok::word) && lower(look().text) == "pm";
  bool am = is(Tok::word) && lower(look().text) == "am";
  if (!pm && !am) return false;
  take();
  std::vector<Ref> parts(tree_.kids(value).begin(), tree_.kids(value).end());
  time = tree_.add(Kind::time, parts, pm ? "pm" : "am");
  return true;
}

// "25^\circ C": the letter behind a degree sign, where nothing follows that it could be multiplied by.
Ref Parser::temperature(Ref value) {
  bool celsius = is(Tok::symbol) && look().text == "C", fahrenheit = is(Tok::symbol) && look().text == "F";
  bool last = is(Tok::end, 1) || is(Tok::comma, 1) || is(Tok::semicolon, 1) || is(Tok::conj, 1) ||
              is(Tok::relation, 1) || is(Tok::rset, 1) || is(Tok::rparen, 1) || is(Tok::rbrack, 1) ||
              is(Tok::rbrace, 1) || is(Tok::newline, 1);
  if ((!celsius && !fahrenheit) || !last) return value;
  take();
  return tree_.add(Kind::quantity, {tree_.kid(value, 0)}, celsius ? "degree Celsius" : "degree Fahrenheit");
}

// "\$12" and "\$12 per hour".
Ref Parser::priced(Ref value, std::string_view currency) {
  switch (tree_.kind(value)) {
  case Kind::quantity: break;
  case Kind::number:
  case Kind::symbol:
  case Kind::sum:
  case Kind::product:
  case Kind::quotient:
  case Kind::power:
  case Kind::negate:
  case Kind::call: return tree_.add(Kind::quantity, {value}, currency);
  default: return value;
  }
  std::string unit(tree_.name(value));
  if (unit.find(currency) == unit.npos) unit = std::string(currency) + " " + unit;
  return tree_.add(Kind::quantity, {tree_.kid(value, 0)}, unit);
}

// "3 hours 20 minutes", "5 feet and 6 inches": smaller units of the same kind add up, as 200 minutes.
Ref Parser::compound(Ref first) {
  Ref total = first;
  while (!failed_ && tree_.kind(total) == Kind::quantity) {
    size_t glue = is(Tok::conj) ? 1 : 0; // behind a comma it is the next element of a list
    auto large = read_unit(tree_.name(total));
    if (!large || !is(Tok::number, glue) || !(is(Tok::word, glue + 1) || look(glue + 1).roman)) return total;
    auto small = read_unit(look(glue + 1).text);
    bool fits = small && small->dimension == large->dimension && look(glue).text.size() <= 4;
    int64_t factor = fits ? large->top * small->bottom : 0, divisor = fits ? large->bottom * small->top : 1;
    if (!fits || factor <= divisor || factor % divisor != 0) return total;
    int64_t count = 0;
    for (char c : look(glue).text) count = is_digit(c) ? count * 10 + (c - '0') : factor;
    if (count >= factor / divisor) return total; // 5 feet and 20 inches are two lengths
    at_ += glue;
    Ref rest = number();
    Ref scaled = tree_.add(Kind::product, {tree_.kid(total, 0), tree_.integer(factor / divisor)});
    std::string unit = unit_text();
    total = tree_.add(Kind::quantity, {tree_.add(Kind::sum, {scaled, rest})}, unit);
  }
  return total;
}

// Words behind a value that are part of it: "thousand", "squared", "out of 5"; nullopt for a unit.
std::optional<Ref> Parser::with_value_word(Ref value) {
  std::string word = lower(look().text);
  if (is_percent_word(word)) return take(), tree_.add(Kind::percent, {value});
  if (int power = power_of_ten_word(word); power > 0) {
    take();
    Ref scale = tree_.number("1", power);
    return with_unit(tree_.add(Kind::product, {value, scale}));
  }
  if (int part = fraction_part(value, word); part > 0)
    return take(), with_unit(tree_.add(Kind::quotient, {value, tree_.integer(part)}));
  bool unit_follows = is(Tok::word, 1) || look(1).roman; // 9 squared meters
  if ((word == "squared" || word == "cubed") && !unit_follows)
    return take(), tree_.add(Kind::power, {value, tree_.integer(word == "squared" ? 2 : 3)});
  if (word == "out" && is(Tok::word, 1) && look(1).text == "of" && is(Tok::number, 2)) { // 3 out of 5
    at_ += 2;
    return with_unit(tree_.add(Kind::quotient, {value, number()}));
  }
  if (word == "dozen") return take(), with_unit(tree_.add(Kind::product, {value, tree_.integer(12)}));
  if (word == "am" || word == "pm") return take(), tree_.add(Kind::time, {value}, word);
  if (word == "where" || word == "for" || word == "if" || word == "with" || word == "when" || word == "such")
    return fail();
  return std::nullopt;
}

// 2 of "3 halves", 0 for what is no part. Quarters are coins as well.
int Parser::fraction_part(Ref value, std::string_view word) const {
  auto count = small_integer(tree_, value);
  return count && !word.starts_with("quarter") ? fraction_word(word, *count) : 0;
}

Ref Parser::with_unit(Ref value) {
  if (failed_) return value;
  if (tree_.kind(value) == Kind::number && words_before_base() > 0) return numeral_in_words(value);
  bool slash = is(Tok::divide) && (is(Tok::word, 1) || look(1).roman);
  if (!starts_unit() && !slash) return value;
  if (is(Tok::word))
    if (auto whole = with_value_word(value)) return *whole;
  std::string unit = unit_text();
  bool sentence = std::count(unit.begin(), unit.end(), ' ') > 5;
  if (sentence || changes_the_value(unit)) return fail();
  bool letter = unit == "C" || unit == "F" || unit == "Celsius" || unit == "Fahrenheit";
  if (letter && tree_.kind(value) == Kind::degree)
    return tree_.add(Kind::quantity, {tree_.kid(value, 0)}, unit[0] == 'C' ? "degree Celsius" : "degree Fahrenheit");
  if (unit == "degrees" || unit == "degree" || unit == "deg") return tree_.add(Kind::degree, {value});
  return tree_.add(Kind::quantity, {value}, unit);
}

} // namespace proctor::math
