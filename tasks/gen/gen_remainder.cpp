// SPDX-License-Identifier: MIT
// Remainders of a sum, a product, a power and a tower of powers. First method: repeated squaring; second: one
// multiplication after another.
//
// Level: 1 a+b, 2 a*b, 3 a^b with b <= 9, 4 a^b with b <= 9999, 5 a^(b^c). The modulus is 60-99, from level 3 on
// 101-999.
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view text; // expression, modulus
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"divided", "What is the remainder when {} is divided by {}?"},
    {"modulo", "Compute {} modulo {}."},
    {"boxes", "Someone has {} nuts and fills as many boxes of {} nuts as possible. How many nuts are left over?"},
}};

int64_t power(int64_t base, int64_t exponent) {
  int64_t value = 1;
  for (int64_t i = 0; i < exponent; ++i) value *= base;
  return value;
}

int64_t power_mod(int64_t base, int64_t exponent, int64_t modulus) {
  int64_t value = 1 % modulus;
  for (base %= modulus; exponent > 0; exponent /= 2, base = base * base % modulus)
    if (exponent % 2 == 1) value = value * base % modulus;
  return value;
}

struct Told {
  std::string expression, working;
  int64_t answer;
};

Told small(int level, int64_t modulus, SplitMix64& random) {
  const int64_t a = random.between(11, 99), b = level == 1 ? random.between(11, 99) : random.between(3, 9);
  const char op = level == 1 ? '+' : '*';
  const int64_t value = level == 1 ? a + b : a * b;
  return {fmt::format("{} {} {}", a, op, b), fmt::format("{}\n{}\n", written_step(a, op, b), written_remainder(value, modulus)),
          value % modulus};
}

Told power_of(int level, int64_t modulus, SplitMix64& random) {
  const int64_t a = random.between(2, 99), b = level == 3 ? random.between(3, 9) : random.between(10, 9999);
  std::string working;
  if (level == 3)
    for (int64_t i = 2, value = a % modulus; i <= b; ++i, value = value * a % modulus)
      working += fmt::format("{}\n{}\n", written_product(value, a), written_remainder(value * a, modulus));
  return {fmt::format("{}^{}", a, b), std::move(working), power_mod(a, b, modulus)};
}

Told tower(int64_t modulus, SplitMix64& random) {
  const int64_t a = random.between(2, 99), b = random.between(2, 9), c = random.between(2, 5);
  return {fmt::format("{}^({}^{})", a, b, c), "", power_mod(a, power(b, c), modulus)};
}

GeneratedQuestion generate_remainder(int level, Draw& draw) {
  static constexpr std::array<int, 5> kEffort = {1, 2, 9, 100, 1000};
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const int64_t modulus = level < 3 ? draw.numbers.between(60, 99) : draw.numbers.between(101, 999);
  const Told told = level < 3    ? small(level, modulus, draw.numbers)
                    : level < 5 ? power_of(level, modulus, draw.numbers)
                                : tower(modulus, draw.numbers);
  return {fill(skeleton.text, told.expression, modulus) + std::string(kRange), std::to_string(told.answer),
          std::string(skeleton.name), kEffort.at(static_cast<size_t>(level - 1)), told.working};
}

std::optional<std::string> solve_remainder_text(std::string_view text) {
  auto numbers = integers_in(text);
  if (numbers.size() < 3) return std::nullopt;
  const int64_t modulus = numbers.back();
  if (mentions(text, " + ")) return std::to_string((numbers[0] + numbers[1]) % modulus);
  if (mentions(text, " * ")) return std::to_string((numbers[0] * numbers[1]) % modulus);
  const int64_t exponent = numbers.size() == 4 ? power(numbers[1], numbers[2]) : numbers[1];
  int64_t value = 1;
  for (int64_t i = 0; i < exponent; ++i) value = value * numbers[0] % modulus;
  return std::to_string(value);
}

} // namespace

const Family kRemainder = {
    .name = "remainder",
    .kind = "maths",
    .summary = "remainders of sums, products and powers",
    .levels = 5,
    .grader = "aime",
    .generate = generate_remainder,
    .solve_text = solve_remainder_text,
    .distractors = {"This is exercise {}.", "The number {} is someone's favourite, which does not matter here."},
};

} // namespace proctor
