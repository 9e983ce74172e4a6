// SPDX-License-Identifier: MIT
#include "graders/exact_number.h"

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstdlib>
#include <utility>
#include <vector>

#include "graders/latex_text.h"
#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Integer = boost::multiprecision::cpp_int;
using Rational = boost::multiprecision::cpp_rational;

constexpr size_t kLongestText = 4000;
constexpr size_t kMostDigits = 1000;
constexpr int kLargestExponent = 1000;
constexpr unsigned kMostBits = 16384;

constexpr std::string_view kAttachedUnits[] = {"cm", "mm",  "km",  "kg", "mg",  "ml", "mL", "ft", "lb", "lbs",
                                               "oz", "mph", "min", "hr", "hrs", "mi", "in", "m",  "s",  "g"};

// Words after a number that make it something else than that number with a unit.
constexpr std::string_view kNoUnits[] = {
    "or",     "and",   "not",   "plus", "minus", "times", "half",      "halves",  "third",
    "thirds", "more",  "less",  "than", "least", "most",  "out",       "over",    "mod",
    "modulo", "dozen", "root",  "base", "log",   "sin",   "cos",       "tan",     "choose",
    "sqrt",   "pow",   "power", "exp",  "nor",   "but",   "factorial", "through", "between"};

constexpr std::pair<std::string_view, int> kMultipliers[] = {
    {"hundred", 2}, {"thousand", 3}, {"million", 6}, {"billion", 9}, {"trillion", 12}};

unsigned bits(const Integer& value) {
  return value == 0 ? 0 : static_cast<unsigned>(boost::multiprecision::msb(boost::multiprecision::abs(value))) + 1;
}

bool is_small(const Rational& value) { return bits(numerator(value)) + bits(denominator(value)) <= kMostBits; }

Rational ten_to(int exponent) {
  Integer power = boost::multiprecision::pow(Integer(10), static_cast<unsigned>(std::abs(exponent)));
  return exponent >= 0 ? Rational(power) : Rational(Integer(1), power);
}

bool is_whole(const Rational& value) { return denominator(value) == 1; }

std::string canonical(const Rational& value) {
  std::string text = numerator(value).str();
  return is_whole(value) ? text : text + "/" + denominator(value).str();
}

// Reads from the front of a text; every reader leaves the text untouched when it returns nothing.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }
  void skip_blanks() { rest_ = trim_left(rest_); }

  bool accept(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  // Digits with thousands separators and perhaps a fraction: "1,234.50", ".5". No sign.
  std::optional<Rational> decimal(bool* has_point = nullptr) {
    size_t length = 0;
    std::string digits = integer_digits(length);
    int places = 0;
    if (length < rest_.size() && rest_[length] == '.' && length + 1 < rest_.size() && is_digit(rest_[length + 1]))
      for (++length; length < rest_.size() && is_digit(rest_[length]); ++length, ++places) digits += rest_[length];
    if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
    if (has_point != nullptr) *has_point = places > 0;
    rest_.remove_prefix(length);
    size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1); // else Boost reads octal
    return Rational(Integer(digits.substr(zeros))) * ten_to(-places);
  }

  std::optional<Rational> signed_decimal() {
    Cursor saved = *this;
    bool negative = accept("-");
    auto value = decimal();
    if (!value)
      *this = saved;
    else if (negative)
      *value = -*value;
    return value;
  }

  std::optional<int> small_integer() {
    Cursor saved = *this;
    bool negative = accept("-");
    if (!negative) accept("+");
    size_t length = 0;
    int value = 0;
    while (length < rest_.size() && is_digit(rest_[length]) && value <= kLargestExponent)
      value = 10 * value + (rest_[length++] - '0');
    rest_.remove_prefix(length);
    if (length > 0 && value <= kLargestExponent) return negative ? -value : value;
    *this = saved;
    return std::nullopt;
  }

 private:
  bool is_group(size_t comma) const {
    if (comma + 3 >= rest_.size()) return false;
    bool three = is_digit(rest_[comma + 1]) && is_digit(rest_[comma + 2]) && is_digit(rest_[comma + 3]);
    return three && (comma + 4 >= rest_.size() || !is_digit(rest_[comma + 4]));
  }

  std::string integer_digits(size_t& length) const {
    std::string digits;
    while (length < rest_.size() && is_digit(rest_[length])) digits += rest_[length++];
    if (digits.empty() || digits.size() > 3) return digits;
    while (length < rest_.size() && rest_[length] == ',' && is_group(length)) {
      digits += rest_.substr(length + 1, 3);
      length += 4;
    }
    return digits;
  }

  std::string_view rest_;
};

struct Literal {
  Rational value;
  Rational bare;
  bool is_percent = false;
  bool is_integer = false;
};

std::optional<Rational> divided(const Rational& a, const Rational& b) {
  if (b == 0) return std::nullopt;
  return a / b;
}

// \frac{a}{b} of plain numbers.
std::optional<Rational> fraction_command(Cursor& cursor) {
  Cursor saved = cursor;
  if (cursor.accept("\\frac{"))
    if (auto top = cursor.signed_decimal(); top && cursor.accept("}{"))
      if (auto bottom = cursor.signed_decimal(); bottom && cursor.accept("}"))
        if (auto value = divided(*top, *bottom)) return value;
  cursor = saved;
  return std::nullopt;
}

// "a/b" of plain numbers, or \frac.
std::optional<Rational> fraction(Cursor& cursor) {
  if (auto value = fraction_command(cursor)) return value;
  Cursor saved = cursor;
  if (auto top = cursor.decimal()) {
    cursor.skip_blanks();
    if (cursor.accept("/")) {
      cursor.skip_blanks();
      if (auto bottom = cursor.decimal())
        if (auto value = divided(*top, *bottom)) return value;
    }
  }
  cursor = saved;
  return std::nullopt;
}

// "e5", "\times 10^{-3}", "*10^5".
std::optional<int> power_of_ten(Cursor& cursor) {
  Cursor saved = cursor;
  if (cursor.accept("e") || cursor.accept("E"))
    if (auto exponent = cursor.small_integer()) return exponent;
  cursor = saved;
  cursor.skip_blanks();
  if (cursor.accept("\\times") || cursor.accept("\\cdot") || cursor.accept("*") || cursor.accept("x ")) {
    cursor.skip_blanks();
    if (cursor.accept("10^")) {
      bool braced = cursor.accept("{");
      auto exponent = cursor.small_integer();
      if (exponent && (!braced || cursor.accept("}"))) return exponent;
    }
  }
  cursor = saved;
  return std::nullopt;
}

std::string_view first_word(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && is_letter(text[length])) ++length;
  return text.substr(0, length);
}

bool is_unit_word(std::string_view word) {
  if (is_one_of(lower(word), kNoUnits)) return false;
  return word.size() >= 3 || is_one_of(word, kAttachedUnits);
}

// What may follow a number: up to six words with their squares and slashes, no digits, no mathematics.
bool is_unit_text(std::string_view rest) {
  if (trim(rest).empty()) return true;
  if (!is_blank(rest.front()) && !is_one_of(first_word(rest), kAttachedUnits)) return false;
  for (int words = 0; words < 7; ++words) {
    while (!rest.empty() && std::string_view(" /-.'()").find(rest.front()) != rest.npos) rest.remove_prefix(1);
    if (rest.empty()) return true;
    std::string_view word = first_word(rest);
    bool short_word = words > 0 && word.size() == 2 && !is_one_of(lower(word), kNoUnits); // "of", "in", "km"
    if (word.empty() || (!is_unit_word(word) && !short_word)) return false;
    rest.remove_prefix(word.size());
    for (std::string_view power : {"^{2}", "^{3}", "^2", "^3"})
      if (rest.starts_with(power)) rest.remove_prefix(power.size());
  }
  return false;
}

// The integer or fraction part, without sign, exponent and unit.
std::optional<Literal> magnitude(Cursor& cursor) {
  if (auto value = fraction(cursor)) return Literal{*value, {}, false, false};
  bool has_point = false;
  auto whole = cursor.decimal(&has_point);
  if (!whole) return std::nullopt;
  Cursor saved = cursor;
  cursor.skip_blanks();
  bool spaced = cursor.rest().size() < saved.rest().size();
  bool may_be_mixed = !has_point && (spaced || cursor.rest().starts_with("\\frac"));
  if (may_be_mixed)
    if (auto part = fraction(cursor); part && *part > 0 && *part < 1)
      return Literal{*whole + *part, {}, false, false};
  cursor = saved;
  if (auto exponent = power_of_ten(cursor)) *whole *= ten_to(*exponent);
  return Literal{*whole, {}, false, is_whole(*whole)};
}

void apply_multiplier(Cursor& cursor, Literal& literal) {
  Cursor saved = cursor;
  cursor.skip_blanks();
  std::string word = lower(first_word(cursor.rest()));
  for (auto [name, exponent] : kMultipliers)
    if (word == name) {
      cursor.accept(cursor.rest().substr(0, word.size()));
      literal.value *= ten_to(exponent);
      literal.is_integer = is_whole(literal.value);
      return;
    }
  cursor = saved;
}

void apply_percent(Cursor& cursor, Literal& literal) {
  Cursor saved = cursor;
  cursor.skip_blanks();
  literal.bare = literal.value;
  literal.is_percent = cursor.accept("%") || cursor.accept("percent");
  if (literal.is_percent)
    literal.value /= 100;
  else
    cursor = saved;
}

// "(73)" -> "73"; "(C) 73", as in the answers of multiple-choice contests, too.
std::string_view without_frame(std::string_view text) {
  text = trim(text);
  if (text.size() > 4 && text[0] == '(' && is_upper(text[1]) && text[2] == ')') return trim(text.substr(3));
  bool framed = text.size() > 2 && text.front() == '(' && text.find(')') == text.size() - 1;
  return framed ? trim(text.substr(1, text.size() - 2)) : text;
}

std::optional<Literal> read_literal(std::string_view text) {
  Cursor cursor(without_frame(text));
  for (std::string_view currency : {"USD ", "EUR ", "GBP ", "Rs. ", "Rs "})
    if (cursor.accept(currency)) break;
  bool negative = cursor.accept("-");
  if (!negative) cursor.accept("+");
  cursor.skip_blanks();
  auto literal = magnitude(cursor);
  if (!literal) return std::nullopt;
  if (negative) literal->value = -literal->value;
  apply_multiplier(cursor, *literal);
  apply_percent(cursor, *literal);
  if (!is_unit_text(cursor.rest()) || !is_small(literal->value)) return std::nullopt;
  return literal;
}

// Arithmetic in the characters 0-9 , . + - * / ^ ( ) alone; nothing when there is anything else in it.
std::optional<std::string> plain_arithmetic(std::string_view text) {
  std::string out;
  std::string groups; // one per open brace: 'n' numerator, 'd' denominator, 'g' plain
  Cursor cursor(text);
  auto close_group = [&]() {
    if (groups.empty()) return false;
    char group = groups.back();
    groups.pop_back();
    if (group == 'n' && !cursor.accept("{")) return false;
    if (group == 'n') groups += 'd';
    out += group == 'n' ? ")/(" : group == 'd' ? "))" : ")";
    return true;
  };
  while (!cursor.at_end()) {
    if (cursor.accept(" ")) continue;
    if (cursor.accept("\\frac{"))
      out += "((", groups += 'n';
    else if (cursor.accept("\\cdot") || cursor.accept("\\times") || cursor.accept("**"))
      out += '*';
    else if (cursor.accept("\\div"))
      out += '/';
    else if (cursor.accept("{"))
      out += '(', groups += 'g';
    else if (cursor.accept("["))
      out += '(';
    else if (cursor.accept("]"))
      out += ')';
    else if (cursor.accept("}")) {
      if (!close_group()) return std::nullopt;
    } else {
      char c = cursor.rest().front();
      if (std::string_view("0123456789,.+-*/^()").find(c) == std::string_view::npos) return std::nullopt;
      out += c;
      cursor.accept(cursor.rest().substr(0, 1));
    }
  }
  return groups.empty() ? std::optional(out) : std::nullopt;
}

// Operator precedence with two stacks. '~' is the unary minus.
class Evaluator {
 public:
  std::optional<Rational> run(std::string_view text) {
    Cursor cursor(text);
    bool after_value = false;
    while (!cursor.at_end()) {
      char c = cursor.rest().front();
      if (is_digit(c) || (c == '.' && !after_value)) {
        auto number = cursor.decimal();
        if (!number || after_value) return std::nullopt;
        values_.push_back(*number);
        after_value = true;
        continue;
      }
      cursor.accept(cursor.rest().substr(0, 1));
      if (!take(c, after_value)) return std::nullopt;
    }
    while (!operators_.empty())
      if (operators_.back() == '(' || !apply()) return std::nullopt;
    return values_.size() == 1 ? std::optional(values_.back()) : std::nullopt;
  }

 private:
  bool take(char c, bool& after_value) {
    if (c == '(') {
      if (after_value && !push('*')) return false; // 2(3)
      operators_.push_back('(');
      after_value = false;
      return true;
    }
    if (c == ')') return after_value && close();
    if (!after_value && c == '-') return operators_.push_back('~'), true;
    if (!after_value || c == ',' || c == '.') return false;
    after_value = false;
    return push(c);
  }

  static int precedence(char c) { return c == '(' ? 0 : c == '+' || c == '-' ? 1 : c == '^' ? 4 : c == '~' ? 3 : 2; }

  bool push(char c) {
    while (!operators_.empty() && (precedence(operators_.back()) > precedence(c) ||
                                   (precedence(operators_.back()) == precedence(c) && c != '^')))
      if (!apply()) return false;
    operators_.push_back(c);
    return true;
  }

  bool close() {
    while (!operators_.empty() && operators_.back() != '(')
      if (!apply()) return false;
    if (operators_.empty()) return false;
    operators_.pop_back();
    return true;
  }

  bool apply() {
    char c = operators_.back();
    operators_.pop_back();
    if (values_.size() < (c == '~' ? 1u : 2u)) return false;
    Rational b = std::move(values_.back());
    values_.pop_back();
    if (c == '~') return values_.push_back(-b), true;
    Rational& a = values_.back();
    if (c == '+')
      a += b;
    else if (c == '-')
      a -= b;
    else if (c == '*')
      a *= b;
    else if (c == '^')
      return raise(a, b);
    else if (b == 0)
      return false;
    else
      a /= b;
    return is_small(a);
  }

  static bool raise(Rational& base, const Rational& exponent) {
    if (!is_whole(exponent) || exponent < 0 || exponent > kLargestExponent) return false;
    auto times = static_cast<unsigned>(numerator(exponent));
    if (times * (bits(numerator(base)) + bits(denominator(base))) > kMostBits) return false;
    base = Rational(pow(numerator(base), times), pow(denominator(base), times));
    return true;
  }

  std::vector<Rational> values_;
  std::vector<char> operators_;
};

std::optional<Rational> evaluate(std::string_view text) {
  auto plain = plain_arithmetic(text);
  return plain ? Evaluator().run(*plain) : std::nullopt;
}

// A comma or semicolon outside parentheses: a list.
bool lists_several(std::string_view text) {
  int depth = 0;
  for (char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth <= 0 && (c == ',' || c == ';')) return true;
  }
  return false;
}

bool holds_word(std::string_view text, bool any_word) {
  for (size_t i = 0; i < text.size();) {
    std::string_view word = first_word(text.substr(i));
    bool command = i > 0 && text[i - 1] == '\\';
    std::string small = lower(word);
    if (!command && (small == "or" || small == "and" || small == "nor")) return true;
    if (!command && any_word && word.size() >= 2) return true;
    i += std::max<size_t>(1, word.size());
  }
  return false;
}

// A member that is no number must be something that can stand for one: a name or a formula, no list, no alternative.
bool is_opaque_member(std::string_view member, bool first) {
  return !trim(member).empty() && !lists_several(member) && !holds_word(member, !first);
}

// "x", "a_{10}", "f(2)", "\angle ABC", "m+n": not an equation's side such as "x^2" or "2x-y".
bool is_name(std::string_view member) {
  bool letters = false, digit_at_front = !member.empty() && is_digit(member.front());
  size_t depth = 0;
  for (char c : member) {
    if (c == '{' || c == '(')
      ++depth;
    else if ((c == '}' || c == ')') && depth > 0)
      --depth;
    letters = letters || is_letter(c);
    if (depth == 0 && (is_digit(c) || std::string_view("-*/^,;<>|").find(c) != std::string_view::npos)) return false;
  }
  return letters && !digit_at_front;
}

// No letters but those of commands: "\sqrt{16}".
bool is_closed_formula(std::string_view member) {
  for (size_t i = 0; i < member.size();) {
    std::string_view word = first_word(member.substr(i));
    if (!word.empty() && (i == 0 || member[i - 1] != '\\')) return false;
    i += std::max<size_t>(1, word.size());
  }
  return true;
}

std::vector<std::string_view> members_of(std::string_view text) {
  std::vector<std::string_view> members;
  for (size_t from = 0, at = 0; at <= text.size();) {
    bool equiv = text.substr(at).starts_with("\\equiv");
    if (at < text.size() && text[at] != '=' && !equiv) {
      ++at;
      continue;
    }
    members.push_back(trim(text.substr(from, at - from)));
    at += equiv ? 6 : 1;
    from = at;
  }
  return members;
}

// "73 \pmod{1000}" says no more than 73 where an answer is asked modulo something.
std::string_view without_modulus(std::string_view text) {
  for (std::string_view mark : {"\\pmod", "(\\mod", "\\bmod", "\\mod", "(mod", " mod "})
    if (size_t at = text.find(mark); at != text.npos && at > 0) return trim(text.substr(0, at));
  return text;
}

enum class Equations {
  assignments, // "x = 5" counts as 5, "x^2 - y = 5" is an equation
  any,         // the question asks for a number, so what is set equal to one is that number
};

// The number that all members agree on. At least one must be written as a number.
std::optional<Literal> chain_value(std::string_view text, Equations equations) {
  auto members = members_of(text);
  std::optional<Literal> answer;
  std::optional<Rational> common;
  for (size_t i = 0; i < members.size(); ++i) {
    auto literal = read_literal(members[i]);
    auto value = literal ? std::optional(literal->value) : evaluate(members[i]);
    bool fits = equations == Equations::any || is_name(members[i]) || is_closed_formula(members[i]);
    if (!value && !(fits && is_opaque_member(members[i], i == 0))) return std::nullopt;
    if (value && common && *value != *common) return std::nullopt;
    if (value) common = value;
    if (literal && (!answer || literal->is_integer || !answer->is_integer)) answer = literal;
  }
  return answer;
}

size_t find_approximation(std::string_view text, size_t& width) {
  width = 7;
  size_t at = text.find("\\approx");
  return at != text.npos ? at : text.find("\\simeq ");
}

} // namespace

std::optional<ExactNumber> read_number(std::string_view text) {
  if (text.size() > kLongestText) return std::nullopt;
  std::string normalised = normalise_latex(text);
  std::string_view rest = without_modulus(normalised);
  size_t width = 0;
  size_t approx = find_approximation(rest, width);
  auto literal = chain_value(rest.substr(0, approx), Equations::assignments);
  if (!literal && approx != rest.npos) literal = chain_value(rest.substr(approx + width), Equations::assignments);
  if (!literal) return std::nullopt;
  return ExactNumber{canonical(literal->value), canonical(literal->bare), literal->is_percent, literal->is_integer};
}

std::optional<std::string> read_integer(std::string_view text) {
  if (text.size() > kLongestText) return std::nullopt;
  std::string normalised = normalise_latex(text);
  std::string_view rest = without_modulus(normalised);
  size_t width = 0;
  auto literal = chain_value(rest.substr(0, find_approximation(rest, width)), Equations::any);
  if (!literal || !literal->is_integer) return std::nullopt;
  return canonical(literal->bare);
}

} // namespace proctor
