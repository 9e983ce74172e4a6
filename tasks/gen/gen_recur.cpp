// SPDX-License-Identifier: MIT
// Terms of a sequence told by its rule. First method: iteration at the easy levels, powers of the rule's 3x3 matrix
// (x, y, 1) -> (y, q*x + p*y + c, 1) at the others; second: iteration that jumps over whole cycles.
//
// Level: 1 add a number (3 steps), 2 add the two before (3 to 5 steps), 3 multiply and add modulo m (8 to 30 steps),
// 4 two terms back modulo m, up to 10^9 steps.
#include <fmt/format.h>
#include <map>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

// Next = (p * last + q * the one before + c) mod m.
struct Rule {
  int64_t p = 1, q = 0, c = 0, m = 1000;
};

using Matrix = std::array<std::array<int64_t, 3>, 3>;

Matrix product(const Matrix& a, const Matrix& b, int64_t m) {
  Matrix result{};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 3; ++k) result[i][j] = (result[i][j] + a[i][k] * b[k][j]) % m;
  return result;
}

// Term n, counted from 1.
int64_t term(const Rule& rule, int64_t first, int64_t second, int64_t n) {
  Matrix power = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  Matrix step = {{{0, 1, 0}, {rule.q, rule.p, rule.c}, {0, 0, 1}}};
  for (int64_t left = n - 1; left > 0; left /= 2, step = product(step, step, rule.m))
    if (left % 2 == 1) power = product(power, step, rule.m);
  return (power[0][0] * first + power[0][1] * second + power[0][2]) % rule.m;
}

struct Skeleton {
  std::string_view name;
  std::array<std::string_view, 4> texts; // of the levels
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"sequence",
     {"A sequence starts with {0}, and every term is {1} more than the one before. What is term number {2}?",
      "A sequence starts with {0}, {1}, and every further term is the sum of the two before it. What is term number {2}?",
      "A sequence starts with {0}. Every further term is the remainder of {1} times the one before plus {2}, divided by {3}. "
      "What is term number {4}?",
      "A sequence starts with {0}, {1}. Every further term is the remainder of {2} times the one before plus {3} times the one "
      "before that, divided by {4}. What is term number {5}?"}},
    {"symbols",
     {"Let a(1) = {0} and a(n+1) = a(n) + {1}. Find a({2}).",
      "Let a(1) = {0}, a(2) = {1} and a(n+2) = a(n+1) + a(n). Find a({2}).",
      "Let a(1) = {0} and a(n+1) = ({1}*a(n) + {2}) mod {3}. Find a({4}).",
      "Let a(1) = {0}, a(2) = {1} and a(n+2) = ({2}*a(n+1) + {3}*a(n)) mod {4}. Find a({5})."}},
    {"machine",
     {"A counter shows {0} on day one. Every day it goes up by {1}. What does it show on day {2}?",
      "A counter shows {0} on day one and {1} on the day after. Then it shows the sum of its last two values every day. What does "
      "it show on day {2}?",
      "A counter shows {0} on day one. Every day its value is multiplied by {1}, {2} is added, and only the remainder by {3} is "
      "kept. What does it show on day {4}?",
      "A counter shows {0} on day one and {1} on the day after. Then every day it shows the remainder of {2} times its last value "
      "plus {3} times the value before, divided by {4}. What does it show on day {5}?"}},
}};

std::string work(const Rule& rule, int64_t first, int64_t second, int64_t n, bool two) {
  std::string working;
  for (int64_t i = two ? 3 : 2; i <= n; ++i) {
    working += fmt::format("{}\n", two ? written_step(first, '+', second) : written_step(first, '+', rule.c));
    const int64_t next = two ? first + second : first + rule.c;
    first = two ? std::exchange(second, next) : next;
  }
  return working;
}

GeneratedQuestion generate_recur(int level, Draw& draw) {
  static constexpr std::array<int, 4> kEffort = {3, 5, 20, 60};
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const std::string_view text = skeleton.texts.at(static_cast<size_t>(level - 1));
  SplitMix64& random = draw.numbers;
  Rule rule;
  int64_t first = random.between(1, 60), second = random.between(1, 60), n = 0;
  std::string told, working;
  if (level == 1) {
    rule.c = random.between(3, 60), n = 4, second = first + rule.c;
    told = fill(text, first, rule.c, n), working = work(rule, first, second, n, false);
  } else if (level == 2) {
    rule.q = 1, n = random.between(5, 7);
    told = fill(text, first, second, n), working = work(rule, first, second, n, true);
  } else if (level == 3) {
    rule = {random.between(2, 19), 0, random.between(1, 99), random.between(101, 999)}, n = random.between(9, 31);
    second = (rule.p * first + rule.c) % rule.m;
    told = fill(text, first, rule.p, rule.c, rule.m, n);
  } else {
    rule = {random.between(2, 19), random.between(2, 19), 0, random.between(101, 399)}, n = random.between(1000, 1'000'000'000);
    told = fill(text, first, second, rule.p, rule.q, rule.m, n);
  }
  return {told + std::string(kRange), std::to_string(term(rule, first, second, n)), std::string(skeleton.name),
          kEffort.at(static_cast<size_t>(level - 1)), working};
}

// --- the second method

// Steps from (x, y) until the n-th term is x, leaving out whole cycles once a pair comes back.
int64_t iterated(const Rule& rule, int64_t x, int64_t y, int64_t n) {
  std::vector<int64_t> seen(1'000'000, 0); // of x * 1000 + y: the step it was seen at, from 1
  bool jumped = rule.m > 999;
  for (int64_t at = 1; at < n; ++at) {
    int64_t& before = seen[static_cast<size_t>(x % 1000 * 1000 + y % 1000)];
    if (before != 0 && !jumped) {
      n = at + (n - at) % (at - before), jumped = true;
      if (at == n) break;
    }
    before = at;
    x = std::exchange(y, (rule.p * y + rule.q * x + rule.c) % rule.m);
  }
  return x;
}

std::optional<std::string> solve_recur_text(std::string_view text) {
  auto all = integers_in(text);
  std::vector<int64_t> n;
  const bool symbols = text.starts_with("Let ");
  const bool two_starts = mentions(text, "a(2)") || mentions(text, "two before") || mentions(text, "on the day after") ||
                          mentions(text, "one before that");
  if (symbols) { // a(1), a(n+1) hold numbers that are only names
    std::string_view rest = text;
    for (std::string_view name : {"a(1)", "a(2)", "a(n+2)", "a(n+1)"}) // as often as they are printed
      for (size_t at = rest.find(name); at != rest.npos; at = rest.find(name, at + 1)) {
        const int64_t index = name[2] == 'n' ? name[4] - '0' : name[2] - '0';
        const size_t digit_at = at + (name[2] == 'n' ? 4 : 2);
        const size_t position = integers_in(rest.substr(0, digit_at)).size();
        n.push_back(static_cast<int64_t>(position));
        if (all.at(position) != index) return std::nullopt;
      }
    std::sort(n.rbegin(), n.rend());
    for (int64_t position : n) all.erase(all.begin() + position);
  }
  Rule rule;
  rule.m = 1'000'000'000;
  if (!two_starts && all.size() == 3) {
    rule.c = all[1];
    return std::to_string(iterated(rule, all[0], all[0] + all[1], all[2]));
  }
  if (two_starts && all.size() == 3) {
    rule.q = 1;
    return std::to_string(iterated(rule, all[0], all[1], all[2]));
  }
  if (!two_starts && all.size() == 5) {
    rule = {all[1], 0, all[2], all[3]};
    return std::to_string(iterated(rule, all[0], (rule.p * all[0] + rule.c) % rule.m, all[4]));
  }
  if (!two_starts || all.size() != 6) return std::nullopt;
  rule = {all[2], all[3], 0, all[4]};
  return std::to_string(iterated(rule, all[0], all[1], all[5]));
}

} // namespace

const Family kRecur = {
    .name = "recur",
    .kind = "maths",
    .summary = "terms of a sequence told by its rule",
    .levels = 4,
    .grader = "aime",
    .generate = generate_recur,
    .solve_text = solve_recur_text,
    .distractors = {"This is exercise {}.", "A second sequence, of which nothing is asked, is constant at {}."},
};

} // namespace proctor
