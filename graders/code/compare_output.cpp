// SPDX-License-Identifier: MIT
#include "graders/code/compare_output.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <vector>

#include "graders/text_tools.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  while (!(text = trim_left(text)).empty()) {
    size_t end = 0;
    while (end < text.size() && !is_blank(text[end])) ++end;
    tokens.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return tokens;
}

// digits * 10^exponent, without zeros at either end; zero is the empty text.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
  bool operator==(const Decimal&) const = default;
};

void normalise(Decimal& decimal) {
  size_t zeros = std::min(decimal.digits.find_first_not_of('0'), decimal.digits.size());
  decimal.digits.erase(0, zeros);
  while (decimal.digits.ends_with('0')) {
    decimal.digits.pop_back();
    ++decimal.exponent;
  }
  if (decimal.digits.empty()) decimal = {};
}

// Digits with at most one point; true when there was a digit.
bool take_digits(std::string_view& text, Decimal& decimal) {
  bool point = false, any = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (is_digit(text[0])) {
      any = true;
      decimal.digits += text[0];
      decimal.exponent -= point;
    } else if (text[0] == '.' && !point) {
      point = true;
    } else if (text[0] != '_') {
      break;
    }
  }
  return any;
}

bool take_exponent(std::string_view& text, Decimal& decimal) {
  if (text.empty()) return true;
  if (to_lower(text[0]) != 'e') return false;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t exponent = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size() || std::abs(exponent) > 1'000'000'000) return false;
  decimal.exponent += exponent;
  return true;
}

std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal decimal;
  if (text.starts_with('-') || text.starts_with('+')) {
    decimal.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::string word = lower(text);
  if (word == "inf" || word == "infinity") return Decimal{decimal.negative, "inf", 0};
  if (!take_digits(text, decimal) || !take_exponent(text, decimal)) return std::nullopt;
  normalise(decimal);
  return decimal;
}

std::vector<std::string_view> stripped_lines(std::string_view text) {
  std::vector<std::string_view> lines = split(trim(text), '\n');
  for (std::string_view& line : lines) line = trim(line);
  return lines;
}

bool equal_lines(std::string_view got, std::string_view expected) {
  if (got == expected) return true;
  auto a = tokens_of(got), b = tokens_of(expected);
  if (a.size() != b.size() || a.empty()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!equal_decimals(a[i], b[i])) return false;
  return true;
}

OutputMatch differs(size_t at, std::string_view what, std::string_view got, std::string_view expected) {
  return {false, fmt::format("{} {}: got {}, expected {}", what, at + 1, one_line(got), one_line(expected))};
}

OutputMatch match_lines(std::string_view got, std::string_view expected) {
  auto a = stripped_lines(got), b = stripped_lines(expected);
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    if (!equal_lines(a[i], b[i])) return differs(i, "line", a[i], b[i]);
  if (a.size() != b.size()) return {false, fmt::format("{} lines of output, expected {}", a.size(), b.size())};
  return {true, ""};
}

bool is_integer(std::string_view token) {
  if (token.starts_with('-') || token.starts_with('+')) token.remove_prefix(1);
  return !token.empty() && std::ranges::all_of(token, is_digit);
}

std::optional<double> read_double(std::string_view token) {
  if (token.starts_with('+')) token.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return value;
}

bool equal_tokens(std::string_view a, std::string_view b) {
  if (equal_ignoring_case(a, b)) return true;
  if (is_integer(a) && is_integer(b)) return equal_decimals(a, b);
  auto x = read_double(a), y = read_double(b);
  return x && y && std::abs(*x - *y) < 1e-5;
}

OutputMatch match_tokens(std::string_view got, std::string_view expected) {
  auto a = tokens_of(got), b = tokens_of(expected);
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    if (!equal_tokens(a[i], b[i])) return differs(i, "word", a[i], b[i]);
  if (a.size() != b.size()) return {false, fmt::format("{} words of output, expected {}", a.size(), b.size())};
  return {true, ""};
}

} // namespace

bool equal_decimals(std::string_view a, std::string_view b) {
  auto x = read_decimal(a), y = read_decimal(b);
  return x && y && *x == *y;
}

OutputMatch match_output(OutputRule rule, std::string_view got, std::string_view expected) {
  return rule == OutputRule::lines ? match_lines(got, expected) : match_tokens(got, expected);
}

} // namespace proctor
