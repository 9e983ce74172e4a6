// SPDX-License-Identifier: MIT
// What may stand behind a value: units, percent and degree words, powers of ten in words, am and pm, a base in words.
#include <algorithm>

#include "graders/math/parser_state.h"
#include "graders/math/words.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

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

Ref Parser::with_unit(Ref value) {
  if (failed_) return value;
  bool slash = is(Tok::divide) && (is(Tok::word, 1) || look(1).roman);
  if (!starts_unit() && !slash) return value;
  if (is(Tok::word)) {
    std::string word = lower(look().text);
    if (is_percent_word(word)) return take(), tree_.add(Kind::percent, {value});
    if (int power = power_of_ten_word(word); power > 0) {
      take();
      Ref scale = tree_.number("1", power);
      return with_unit(tree_.add(Kind::product, {value, scale}));
    }
    if (word == "dozen") return take(), with_unit(tree_.add(Kind::product, {value, tree_.integer(12)}));
    if (word == "am" || word == "pm") return take(), tree_.add(Kind::time, {value}, word);
    if (word == "base" && is(Tok::number, 1) && tree_.kind(value) == Kind::number) {
      take();
      int base = 0;
      for (char c : take().text.substr(0, 2)) base = base * 10 + (c - '0');
      return tree_.add(Kind::based, {}, std::string(tree_.name(value)), base);
    }
    if (word == "where" || word == "for" || word == "if" || word == "with" || word == "when" || word == "such")
      return fail();
  }
  std::string unit = unit_text();
  if (std::count(unit.begin(), unit.end(), ' ') > 5) return fail(); // a sentence
  if (unit == "degrees" || unit == "degree" || unit == "deg") return tree_.add(Kind::degree, {value});
  return tree_.add(Kind::quantity, {value}, unit);
}

} // namespace proctor::math
