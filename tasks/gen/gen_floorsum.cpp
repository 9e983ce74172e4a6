// SPDX-License-Identifier: MIT
// Sums of floors of an arithmetic progression, sum of floor((a*k + c) / b) for k = 1..n. First method: the Euclid-like
// floor_sum; second: a loop.
//
// Level = terms: 3, 8, 40, up to 60,000 (modulo 1000).
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view text; // n, a, c, b
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"floor", "Add up the whole parts of ({1}*k + {2})/{3} for k = 1 to {0}."},
    {"coins", "On day k someone splits {1}*k + {2} coins evenly among {3} friends, each getting as many as possible. How many coins "
              "does one friend get in all from day 1 to day {0}?"},
    {"sum", "Let f(k) be the largest integer that is not above ({1}*k + {2})/{3}. What is the sum of f(k) for k from 1 to {0}?"},
}};

constexpr std::string_view kMod = " Give the remainder of the result when divided by 1000.";

// Sum of floor((a*k + c) / b) for k = 0..n-1.
int64_t floor_sum(int64_t n, int64_t b, int64_t a, int64_t c) {
  if (n == 0) return 0;
  int64_t sum = n * (n - 1) / 2 * (a / b) + n * (c / b);
  a %= b, c %= b;
  const int64_t top = a * n + c;
  return top < b ? sum : sum + floor_sum(top / b, a, b, top % b);
}

GeneratedQuestion generate_floorsum(int level, Draw& draw) {
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  SplitMix64& random = draw.numbers;
  const int64_t n = level == 1 ? 3 : level == 2 ? 8 : level == 3 ? 40 : random.between(1000, 60'000);
  const int64_t a = level == 1 ? random.between(10, 60) : random.between(2, level == 4 ? 999 : 60), c = random.between(1, level == 1 ? 9 : 60);
  const int64_t b = level == 1 ? random.between(2, 6) : random.between(2, level == 4 ? 997 : 30);
  const int64_t all = floor_sum(n + 1, b, a, c) - c / b;
  std::string working;
  if (level == 1)
    for (int64_t k = 1, sum = 0; k <= n; ++k) {
      const int64_t value = a * k + c, part = value / b;
      working += fmt::format("{}\n{}\n{}/{}={}\n", written_product(a, k), written_step(a * k, '+', c), value, b, part);
      if (k > 1) working += written_step(sum, '+', part) + "\n";
      sum += part;
    }
  const bool reduced = all > 999;
  return {fill(skeleton.text, n, a, c, b) + std::string(reduced ? kMod : "") + std::string(kRange), std::to_string(all % 1000),
          std::string(skeleton.name), static_cast<int>(n), working};
}

std::optional<std::string> solve_floorsum_text(std::string_view text) {
  std::vector<int64_t> numbers = integers_in(text.substr(0, text.find(kMod)));
  // (a, c, b, 1, n) in every wording
  if (numbers.size() != 5) return std::nullopt;
  int64_t sum = 0;
  for (int64_t k = numbers[3]; k <= numbers[4]; ++k) sum += (numbers[0] * k + numbers[1]) / numbers[2];
  return std::to_string(sum % 1000);
}

} // namespace

const Family kFloorsum = {
    .name = "floorsum",
    .kind = "maths",
    .summary = "sums of whole parts",
    .levels = 4,
    .grader = "aime",
    .generate = generate_floorsum,
    .solve_text = solve_floorsum_text,
    .distractors = {"This is exercise {}.", "There are {} pages in the book of exercises."},
};

} // namespace proctor
