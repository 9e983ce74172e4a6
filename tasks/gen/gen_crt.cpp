// SPDX-License-Identifier: MIT
// The least number with given remainders (Chinese remainder theorem). First method: constructive, by inverses; second:
// a scan over a whole period that must find exactly one.
//
// Level: 1 two divisors with a product to 130, 2 two with a product to 999, 3 three, 4 three and a lower bound.
#include <fmt/format.h>
#include <numeric>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view before; // "": and "greater than K "
  std::string_view part;   // remainder, divisor
  std::string_view after;
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"least", "What is the least non-negative integer {}that leaves remainder ", "{} when divided by {}", "?"},
    {"eggs", "Find the smallest whole number of eggs, zero or more, {}such that there is a rest of ", "{} in boxes of {}", "."},
    {"mod", "Find the smallest non-negative n {}with ", "n = {} mod {}", "."},
}};

struct Condition {
  int64_t remainder, divisor;
};

int64_t product_of(const std::vector<Condition>& conditions) {
  int64_t product = 1;
  for (const Condition& condition : conditions) product *= condition.divisor;
  return product;
}

std::vector<Condition> draw_conditions(int level, SplitMix64& random) {
  for (;;) {
    std::vector<int64_t> divisors;
    if (level == 1) divisors = {random.between(3, 6), random.between(17, 25)};
    if (level == 2) divisors = {random.between(7, 20), random.between(21, 47)};
    if (level >= 3) divisors = {random.between(3, 9), random.between(5, 11), random.between(7, 19)};
    const int64_t most = level == 1 ? 130 : level == 4 ? 700 : 999;
    bool coprime = true;
    for (size_t i = 0; i < divisors.size(); ++i)
      for (size_t j = 0; j < i; ++j) coprime = coprime && std::gcd(divisors[i], divisors[j]) == 1;
    std::vector<Condition> conditions;
    for (int64_t divisor : divisors) conditions.push_back({random.between(0, divisor - 1), divisor});
    if (coprime && product_of(conditions) <= most && product_of(conditions) >= 60) return conditions;
  }
}

int64_t inverse(int64_t value, int64_t modulus) {
  int64_t a = value % modulus, b = modulus, x = 1, y = 0;
  while (a > 1) {
    const int64_t quotient = a / b;
    a = std::exchange(b, a % b);
    x = std::exchange(y, x - quotient * y);
  }
  return (x % modulus + modulus) % modulus;
}

int64_t constructed(const std::vector<Condition>& conditions) {
  const int64_t product = product_of(conditions);
  int64_t sum = 0;
  for (const Condition& condition : conditions) {
    const int64_t others = product / condition.divisor;
    sum = (sum + condition.remainder * others % product * inverse(others, condition.divisor)) % product;
  }
  return sum;
}

// Numbers with the last remainder, until one has the first too.
std::string work(const std::vector<Condition>& conditions) {
  const Condition& few = conditions[0];
  const Condition& many = conditions[1];
  std::string working;
  for (int64_t n = many.remainder;; n += many.divisor) {
    working += fmt::format("{} mod {}={}", n, few.divisor, n % few.divisor);
    if (n % few.divisor == few.remainder) return working + " yes\n";
    working += fmt::format(" no\n{}\n", written_step(n, '+', many.divisor));
  }
}

GeneratedQuestion generate_crt(int level, Draw& draw) {
  static constexpr std::array<int, 4> kEffort = {5, 20, 60, 70};
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const std::vector<Condition> conditions = draw_conditions(level, draw.numbers);
  const int64_t product = product_of(conditions);
  int64_t answer = constructed(conditions);
  std::string bound;
  if (level == 4) {
    const int64_t least = draw.numbers.between(50, 998 - product);
    bound = fmt::format("greater than {} ", least);
    while (answer <= least) answer += product;
  }
  std::string text = fill(skeleton.before, bound);
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (i > 0) text += i + 1 < conditions.size() ? ", " : " and ";
    text += fill(skeleton.part, conditions[i].remainder, conditions[i].divisor);
  }
  text += skeleton.after;
  return {text + std::string(kRange), std::to_string(answer), std::string(skeleton.name), kEffort.at(static_cast<size_t>(level - 1)),
          level <= 2 ? work(conditions) : ""};
}

std::optional<std::string> solve_crt_text(std::string_view text) {
  auto numbers = integers_in(text);
  int64_t first = 0;
  if (mentions(text, "greater than ") && !numbers.empty()) {
    first = numbers[0] + 1;
    numbers.erase(numbers.begin());
  }
  if (numbers.size() < 4 || numbers.size() % 2 != 0) return std::nullopt;
  int64_t period = 1, found = -1;
  for (size_t i = 1; i < numbers.size(); i += 2) period *= numbers[i];
  for (int64_t n = first; n < first + period; ++n) {
    bool fits = true;
    for (size_t i = 0; i < numbers.size(); i += 2) fits = fits && n % numbers[i + 1] == numbers[i];
    if (fits && found >= 0) return std::nullopt;
    if (fits) found = n;
  }
  if (found < 0) return std::nullopt;
  return std::to_string(found);
}

} // namespace

const Family kCrt = {
    .name = "crt",
    .kind = "maths",
    .summary = "the least number with given remainders",
    .levels = 4,
    .grader = "aime",
    .generate = generate_crt,
    .solve_text = solve_crt_text,
    .distractors = {"This is exercise {}.", "Yesterday the answer of another exercise was {}."},
};

} // namespace proctor
