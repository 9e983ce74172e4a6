// SPDX-License-Identifier: MIT
#include "tasks/gen/tools.h"

#include "harness/text/ascii.h"

namespace proctor {
namespace {

std::string_view without_range(std::string_view text) { return text.substr(0, text.find(kRange)); }

int digit(int64_t value, int place) {
  for (int i = 0; i < place; ++i) value /= 10;
  return static_cast<int>(value % 10);
}

int digits_of(int64_t value) { return static_cast<int>(std::to_string(value).size()); }

std::string sum_by_digits(int64_t left, int64_t right) {
  std::string steps;
  int carry = 0;
  for (int place = 0; place < std::max(digits_of(left), digits_of(right)); ++place) {
    const int a = digit(left, place), b = digit(right, place), sum = a + b + carry;
    steps += fmt::format("{}{}+{}{}={}", place == 0 ? "" : ", ", a, b, carry == 0 ? "" : "+1", sum);
    carry = sum / 10;
  }
  return fmt::format("{}+{}: {}: {}", left, right, steps, left + right);
}

std::string difference_by_digits(int64_t left, int64_t right) {
  std::string steps;
  int borrow = 0;
  for (int place = 0; place < digits_of(left); ++place) {
    int a = digit(left, place) - borrow;
    const int b = digit(right, place);
    borrow = a < b ? 1 : 0;
    a += 10 * borrow;
    steps += fmt::format("{}{}-{}={}", place == 0 ? "" : ", ", a, b, a - b);
  }
  return fmt::format("{}-{}: {}: {}", left, right, steps, left - right);
}

std::string product_by_digits(int64_t left, int64_t right) {
  std::string steps;
  int64_t carry = 0;
  for (int place = 0; place < digits_of(left); ++place) {
    const int64_t a = digit(left, place), product = a * right + carry;
    steps += fmt::format("{}{}*{}", place == 0 ? "" : ", ", a, right);
    if (carry != 0) steps += fmt::format("+{}", carry);
    steps += fmt::format("={}", product);
    carry = product / 10;
  }
  return fmt::format("{}*{}: {}: {}", left, right, steps, left * right);
}

} // namespace

std::vector<std::string> draw_names(SplitMix64& random, size_t n) {
  std::vector<std::string> names = {"Ada",  "Bela", "Cleo", "Dana", "Emil", "Finn", "Gita", "Hugo",
                                    "Ines", "Jana", "Kofi", "Lena", "Milo", "Nora", "Otto", "Pia",
                                    "Remy", "Sana", "Timo", "Uma",  "Vera", "Yuki", "Zoe",  "Wim"};
  random.shuffle(names);
  names.resize(n);
  return names;
}

std::string listed(const std::vector<std::string>& items) {
  std::string text = items[0];
  for (size_t i = 1; i < items.size(); ++i) text += (i + 1 < items.size() ? ", " : " and ") + items[i];
  return text;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]))) ++end;
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::vector<int64_t> integers_in(std::string_view text) {
  text = without_range(text);
  std::vector<int64_t> numbers;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at])) continue;
    const bool minus = at > 0 && text[at - 1] == '-' && (at == 1 || !(is_letter(text[at - 2]) || is_digit(text[at - 2])));
    int64_t value = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) value = value * 10 + (text[at] - '0');
    numbers.push_back(minus ? -value : value);
  }
  return numbers;
}

bool mentions(std::string_view text, std::string_view phrase) { return text.find(phrase) != text.npos; }

std::vector<std::string_view> sentences_of(std::string_view text) {
  text = without_range(text);
  std::vector<std::string_view> sentences;
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '.' && text[at] != '?') continue;
    sentences.push_back(trim(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  return sentences;
}

std::string written_step(int64_t left, char op, int64_t right) {
  if (left >= 0 && right >= 0) {
    if (op == '+') return sum_by_digits(left, right);
    if (op == '-' && left >= right) return difference_by_digits(left, right);
    if (op == '*' && right < 10 && left > 9) return product_by_digits(left, right);
    if (op == '*' && left < 10 && right > 9) return product_by_digits(right, left);
  }
  const int64_t value = op == '+' ? left + right : op == '-' ? left - right : op == '*' ? left * right : left / right;
  return fmt::format("{}{}{}={}", left, op, right, value);
}

std::string written_product(int64_t a, int64_t b) {
  if (a < 10 || b < 10) return written_step(a, '*', b);
  std::string text;
  int64_t sum = 0, scale = 1;
  for (int place = 0; place < digits_of(b); ++place, scale *= 10) {
    const int64_t part = a * digit(b, place) * scale;
    text += written_step(a, '*', digit(b, place)) + ". ";
    if (place > 0) text += written_step(sum, '+', part) + ". ";
    sum += part;
  }
  return fmt::format("{}{}*{}={}", text, a, b, sum);
}

std::string written_remainder(int64_t value, int64_t modulus) {
  const int64_t times = value / modulus;
  if (times == 0) return fmt::format("{}<{}: {}", value, modulus, value);
  if (times == 1) return written_step(value, '-', modulus);
  return fmt::format("{}. {}", written_product(modulus, times), written_step(value, '-', modulus * times));
}

} // namespace proctor
