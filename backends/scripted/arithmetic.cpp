// SPDX-License-Identifier: MIT
// Arithmetic as printed: finds the numbers and signs, brackets first, one written step for each operation.

#include <cctype>
#include <fmt/format.h>
#include <map>

#include "backends/scripted/readers.h"
#include "harness/text/ascii.h"

namespace proctor {
namespace {

using Letters = std::map<char, int64_t>;

// Recursive descent that writes down every operation as it goes.
class Calculator {
 public:
  Calculator(std::string_view text, const Letters& letters, Dice& dice, Work& work)
      : text_(text), letters_(letters), dice_(dice), work_(work) {}

  std::optional<int64_t> whole() {
    int64_t value = sum();
    if (failed_ || peek() != 0) return std::nullopt;
    return value;
  }

 private:
  char peek() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  int64_t sum() {
    int64_t value = product();
    for (char op = peek(); !failed_ && (op == '+' || op == '-'); op = peek()) {
      ++at_;
      value = step(value, op, product());
    }
    return value;
  }

  int64_t product() {
    int64_t value = atom();
    for (char op = peek(); !failed_ && (op == '*' || op == '/'); op = peek()) {
      ++at_;
      value = step(value, op, atom());
    }
    return value;
  }

  int64_t atom() {
    char c = peek();
    if (is_digit(c)) return digits();
    ++at_;
    if (c == '(') {
      int64_t value = sum();
      if (peek() != ')') failed_ = true;
      ++at_;
      return value;
    }
    auto letter = letters_.find(c);
    if (letter == letters_.end()) failed_ = true;
    return failed_ ? 0 : letter->second;
  }

  int64_t digits() {
    int64_t value = 0;
    while (at_ < text_.size() && is_digit(text_[at_]) && value < 1'000'000) value = value * 10 + (text_[at_++] - '0');
    return value;
  }

  static std::string shown(int64_t value) { return value < 0 ? fmt::format("({})", value) : std::to_string(value); }

  // After a slip a division may no longer be exact; then it is rounded, as one would in a hurry.
  int64_t step(int64_t left, char op, int64_t right) {
    constexpr int64_t kTooLarge = 1'000'000'000;
    if (failed_ || left > kTooLarge || left < -kTooLarge || right > kTooLarge || right < -kTooLarge ||
        (op == '/' && right == 0)) {
      failed_ = true;
      return 0;
    }
    int64_t value = op == '+' ? left + right : op == '-' ? left - right : op == '*' ? left * right : left / right;
    double weight = op == '*' ? 1.0 : op == '/' ? 0.6 : 0.7;
    return write_step(dice_, weight, fmt::format("{} {} {}", shown(left), op, shown(right)), value, work_);
  }

  std::string_view text_;
  const Letters& letters_;
  Dice& dice_;
  Work& work_;
  size_t at_ = 0;
  bool failed_ = false;
};

// From the first digit or bracket to what ends the expression.
std::string_view first_expression(std::string_view text) {
  size_t begin = text.find_first_of("0123456789(");
  if (begin == text.npos) return {};
  size_t end = text.find_first_not_of("0123456789()+-*/ ", begin);
  return trim(text.substr(begin, end == text.npos ? text.npos : end - begin));
}

std::optional<int64_t> read_expression(std::string_view text, Dice& dice, Work& work) {
  work.lines.push_back("I work from the innermost brackets outwards, products before sums.");
  return Calculator(first_expression(text), {}, dice, work).whole();
}

struct Verb {
  std::string_view word;
  char op;
};

std::optional<int64_t> read_chain(std::string_view text, Dice& dice, Work& work) {
  constexpr Verb kVerbs[] = {{"Add ", '+'}, {"Subtract ", '-'}, {"Multiply by ", '*'}, {"Divide by ", '/'}};
  std::optional<int64_t> value;
  for (std::string_view sentence : split(text, '.')) {
    sentence = trim(sentence);
    if (sentence.starts_with("Write down")) {
      value = Calculator(first_expression(sentence), {}, dice, work).whole();
      if (value) work.lines.push_back(fmt::format("I start with {}.", *value));
    }
    for (const Verb& verb : kVerbs) {
      if (!sentence.starts_with(verb.word) || !value) continue;
      Letters held = {{'n', *value}};
      std::string step = fmt::format("n {} {}", verb.op, sentence.substr(verb.word.size()));
      value = Calculator(step, held, dice, work).whole();
      if (!value) return std::nullopt;
    }
  }
  return value;
}

std::optional<int64_t> read_letters(std::string_view definitions, std::string_view question, Dice& dice, Work& work) {
  Letters letters;
  for (std::string_view part : split(definitions, ',')) {
    part = trim(part);
    if (part.size() < 5 || part.substr(1, 3) != " = ") return std::nullopt;
    auto value = Calculator(part.substr(4), letters, dice, work).whole();
    if (!value) return std::nullopt;
    work.lines.push_back(fmt::format("So {} is {}.", part[0], *value));
    letters[part[0]] = *value;
  }
  return Calculator(question, letters, dice, work).whole();
}

std::optional<int64_t> read_any(std::string_view text, Dice& dice, Work& work) {
  if (text.starts_with("Let ")) {
    size_t stop = text.find(". What is ");
    size_t mark = text.find('?');
    if (stop == text.npos || mark == text.npos || mark < stop + 10) return std::nullopt;
    return read_letters(text.substr(4, stop - 4), text.substr(stop + 10, mark - stop - 10), dice, work);
  }
  if (text.starts_with("Write down")) return read_chain(text, dice, work);
  if (text.starts_with("Work out") || text.starts_with("A calculator")) return read_expression(text, dice, work);
  return std::nullopt;
}

} // namespace

std::optional<Work> work_arithmetic(std::string_view text, Dice& dice) {
  Work work;
  auto value = read_any(text, dice, work);
  if (!value) return std::nullopt;
  // The question promises 0-999: whoever gets something else has noticed a mistake, and guesses near it.
  if (*value < 0 || *value > 999) {
    work.lines.push_back(fmt::format("{} cannot be right, it should lie between 0 and 999.", *value));
    value = *value < 0 ? -*value % 1000 : *value % 1000;
  }
  work.answer = std::to_string(*value);
  return work;
}

} // namespace proctor
