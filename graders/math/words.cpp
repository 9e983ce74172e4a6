// SPDX-License-Identifier: MIT
#include "graders/math/words.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "graders/latex_text.h"
#include "harness/text/ascii.h"

namespace proctor::math {
namespace {

constexpr std::pair<std::string_view, std::string_view> kConstants[] = {
    {"pi", "\\pi"},       {"Pi", "\\pi"},           {"PI", "\\pi"},       {"infinity", "\\infty"},
    {"infty", "\\infty"}, {"inf", "\\infty"},       {"oo", "\\infty"},    {"alpha", "\\alpha"},
    {"beta", "\\beta"},   {"gamma", "\\gamma"},     {"theta", "\\theta"}, {"lambda", "\\lambda"},
    {"mu", "\\mu"},       {"sigma", "\\sigma"},     {"phi", "\\phi"},     {"omega", "\\omega"},
    {"delta", "\\delta"}, {"epsilon", "\\epsilon"}, {"rho", "\\rho"},     {"tau", "\\tau"}};

// Short words without which a run of two or three letters would be a product.
constexpr std::string_view kShortWords[] = {
    "no",  "yes",  "am",  "pm",  "cm",  "mm",  "km",    "kg",   "mg",   "ml",   "mL",  "ft",  "lb",
    "lbs", "oz",   "hr",  "hrs", "min", "sec", "mph",   "kph",  "in",   "dm",   "if",  "is",  "of",
    "to",  "for",  "the", "per", "pct", "sq",  "cu",    "mi",   "yd",   "Hz",   "kHz", "rad", "deg",
    "odd", "even", "all", "not", "are", "DNE", "cents", "cent", "none", "only", "or",  "and", "at",
    "on",  "by",   "be",  "as",  "it",  "we",  "so",    "that", "where"};

constexpr std::string_view kUnits[] = {
    "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
    "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::string_view kTens[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

template <size_t N> int index_in(const std::string_view (&list)[N], std::string_view word) {
  auto hit = std::find(std::begin(list), std::end(list), word);
  return hit == std::end(list) ? -1 : static_cast<int>(hit - std::begin(list));
}

bool is_vowel(char c) { return std::string_view("aeiouAEIOU").find(c) != std::string_view::npos; }

// One word of a number: its addend, or its factor (hundred, thousand, ...).
struct NumberWord {
  int64_t add = -1;
  int64_t times = 0;
};

NumberWord number_word(std::string_view word) {
  if (int unit = index_in(kUnits, word); unit >= 0) return {unit, 0};
  if (int ten = index_in(kTens, word); ten >= 0) return {(ten + 2) * 10, 0};
  if (word == "a" || word == "an") return {1, 0};
  if (word == "hundred") return {-1, 100};
  if (word == "dozen") return {-1, 12};
  if (int power = power_of_ten_word(word); power > 0) {
    int64_t times = 1;
    for (int i = 0; i < power; ++i) times *= 10;
    return {-1, times};
  }
  return {};
}

constexpr std::string_view kNone[] = {"nosolution",  "nosolutions",         "none",
                                      "dne",         "doesnotexist",        "emptyset",
                                      "theemptyset", "norealsolution",      "norealsolutions",
                                      "nosuch",      "undefined",           "nosolutionexists",
                                      "doesntexist", "therearenosolutions", "nosolutionemptyset"};

} // namespace

bool is_conjunction(std::string_view word) {
  return word.size() <= 3 && (conjunction(word) == "and" || conjunction(word) == "or");
}

std::string_view conjunction(std::string_view word) {
  if (word == "and" || word == "And" || word == "AND") return "and";
  if (word == "or" || word == "Or" || word == "OR") return "or";
  return {};
}

std::string_view plain_constant(std::string_view word) {
  for (auto [name, symbol] : kConstants)
    if (name == word) return symbol;
  return {};
}

bool is_word(std::string_view run) {
  if (index_in(kShortWords, run) >= 0) return true;
  std::string small = lower(run);
  if (run.size() <= 4 && index_in(kShortWords, std::string_view(small)) >= 0 && small != "at" && small != "as" &&
      small != "be" && small != "am" && small != "by")
    return true;
  return run.size() >= 3 && std::any_of(run.begin(), run.end(), is_vowel);
}

int power_of_ten_word(std::string_view word) {
  if (word == "thousand") return 3;
  if (word == "million") return 6;
  if (word == "billion") return 9;
  return word == "trillion" ? 12 : 0;
}

std::optional<int64_t> number_words(std::span<const std::string_view> words) {
  int64_t total = 0, group = 0;
  bool any = false;
  for (std::string_view raw : words) {
    std::string word = lower(raw);
    if (word == "and" && any) continue;
    NumberWord part = number_word(word);
    if (part.add < 0 && part.times == 0) return std::nullopt;
    if (part.add >= 0) {
      bool fits = group == 0 || (group % 100 == 0 && part.add < 100) ||
                  (group % 10 == 0 && group % 100 >= 20 && part.add < 10);
      if (!fits) return std::nullopt;
      group += part.add;
    } else {
      group = std::max<int64_t>(group, 1) * part.times;
      if (part.times > 100) total += group, group = 0;
    }
    if (total > 1'000'000'000'000'000 || group > 1'000'000'000'000'000) return std::nullopt;
    any = any || word.size() > 2;
  }
  if (!any) return std::nullopt;
  return total + group;
}

std::string text_key(std::string_view text) {
  std::string folded = normalise_latex(text), words;
  std::string word;
  auto flush = [&] {
    if (word != "the" && word != "a" && word != "an") words += word;
    word.clear();
  };
  for (char c : folded) {
    if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80) {
      word += to_lower(c);
    } else if (is_blank(c) || c == '\\' || c == '-') {
      flush();
    } else if (std::string_view("+*/=<>^()[],.:").find(c) != std::string_view::npos && c != '.' && c != ',') {
      flush();
      words += c;
    }
  }
  flush();
  if (index_in(kNone, std::string_view(words)) >= 0) return "nosolution";
  if (words == "true") return "yes";
  if (words == "false") return "no";
  return words;
}

} // namespace proctor::math
