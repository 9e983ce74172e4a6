// SPDX-License-Identifier: MIT
// Complexity probe: count pairs in a sequence that the input describes by five numbers, so that a test with tens of
// thousands of members is as short as any. Comparing every pair is right and must run out of time; counting is right and
// must not. First method: counting, here; second: a Python program by another way of counting.
//
// Level = kind of pairs: 1 equal, 2 with a sum divisible by d, 3 at most d apart, 4 the earlier greater (inversions).
#include <cstdlib>
#include <fmt/format.h>
#include <utility>

#include "tasks/gen/families.h"
#include "tasks/gen/pipeline.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

constexpr double kSecondsPerTest = 2;

// x1 = start; next x = (p * x + q) mod m.
struct Sequence {
  int64_t n = 0, start = 0, p = 1, q = 0, m = 1;
};

// How often every value from 0 to m-1 occurs in a stretch of a sequence, and how many pairs have the earlier greater.
struct Stretch {
  std::vector<int64_t> counts;
  int64_t inversions = 0;
};

Stretch stretch_of(const std::vector<int64_t>& xs, size_t begin, size_t end, int64_t m) {
  Stretch stretch{std::vector<int64_t>(static_cast<size_t>(m), 0)};
  std::vector<int32_t> tree(static_cast<size_t>(m) + 1, 0); // Fenwick, over values
  for (size_t at = begin; at < end; ++at) {
    const auto x = static_cast<size_t>(xs[at]);
    int64_t not_greater = 0;
    for (size_t i = x + 1; i > 0; i &= i - 1) not_greater += tree[i];
    stretch.inversions += static_cast<int64_t>(at - begin) - not_greater;
    for (size_t i = x + 1; i < tree.size(); i += i & (~i + 1)) ++tree[i];
    ++stretch.counts[x];
  }
  return stretch;
}

// Pairs of a member of `before` and a smaller one of `after`.
int64_t inversions_between(const Stretch& before, const Stretch& after) {
  int64_t pairs = 0, smaller = 0;
  for (size_t v = 0; v < before.counts.size(); ++v) {
    pairs += before.counts[v] * smaller;
    smaller += after.counts[v];
  }
  return pairs;
}

Stretch joined(Stretch before, const Stretch& after) {
  before.inversions += after.inversions + inversions_between(before, after);
  for (size_t v = 0; v < before.counts.size(); ++v) before.counts[v] += after.counts[v];
  return before;
}

Stretch repeated(Stretch once, int64_t times) {
  once.inversions = times * once.inversions + times * (times - 1) / 2 * inversions_between(once, once);
  for (int64_t& count : once.counts) count *= times;
  return once;
}

// A sequence runs into a cycle after at most m members: its start, the whole cycles and the rest are counted apart.
Stretch whole(const Sequence& s) {
  std::vector<int64_t> xs;
  std::vector<int64_t> first_at(static_cast<size_t>(s.m), -1);
  int64_t x = s.start;
  while (static_cast<int64_t>(xs.size()) < s.n && first_at[static_cast<size_t>(x)] < 0) {
    first_at[static_cast<size_t>(x)] = static_cast<int64_t>(xs.size());
    xs.push_back(x);
    x = (s.p * x + s.q) % s.m;
  }
  const size_t size = xs.size();
  if (static_cast<int64_t>(size) == s.n) return stretch_of(xs, 0, size, s.m);
  const auto entry = static_cast<size_t>(first_at[static_cast<size_t>(x)]);
  const auto [cycles, rest] = std::lldiv(s.n - static_cast<int64_t>(entry), static_cast<int64_t>(size - entry));
  Stretch start = joined(stretch_of(xs, 0, entry, s.m), repeated(stretch_of(xs, entry, size, s.m), cycles));
  return joined(std::move(start), stretch_of(xs, entry, entry + static_cast<size_t>(rest), s.m));
}

int64_t pairs_of(int64_t n) { return n * (n - 1) / 2; }

int64_t equal_pairs(const std::vector<int64_t>& counts) {
  int64_t pairs = 0;
  for (int64_t count : counts) pairs += pairs_of(count);
  return pairs;
}

int64_t divisible_pairs(const std::vector<int64_t>& counts, int64_t d) {
  std::vector<int64_t> classes(static_cast<size_t>(d), 0);
  for (size_t v = 0; v < counts.size(); ++v) classes[v % classes.size()] += counts[v];
  int64_t pairs = pairs_of(classes[0]);
  for (int64_t r = 1; 2 * r <= d; ++r) {
    const int64_t here = classes[static_cast<size_t>(r)], there = classes[static_cast<size_t>(d - r)];
    pairs += 2 * r == d ? pairs_of(here) : here * there;
  }
  return pairs;
}

int64_t near_pairs(const std::vector<int64_t>& counts, int64_t d) {
  int64_t pairs = 0, window = 0; // members among the d values below v
  for (size_t v = 0; v < counts.size(); ++v) {
    pairs += pairs_of(counts[v]) + counts[v] * window;
    window += counts[v];
    if (v >= static_cast<size_t>(d)) window -= counts[v - static_cast<size_t>(d)];
  }
  return pairs;
}

int64_t count(int level, const Sequence& sequence, int64_t d) {
  const Stretch members = whole(sequence);
  switch (level) {
  case 1: return equal_pairs(members.counts);
  case 2: return divisible_pairs(members.counts, d);
  case 3: return near_pairs(members.counts, d);
  default: return members.inversions;
  }
}

constexpr std::string_view kRead = "n, x, p, q, m = map(int, input().split())\nxs = []\nfor _ in range(n):\n    xs.append(x)\n"
                                   "    x = (p * x + q) % m\n";

std::string condition(int level, int64_t d) {
  switch (level) {
  case 1: return "xs[i] == xs[j]";
  case 2: return fmt::format("(xs[i] + xs[j]) % {} == 0", d);
  case 3: return fmt::format("abs(xs[i] - xs[j]) <= {}", d);
  default: return "xs[i] > xs[j]";
  }
}

std::string slow_program(int level, int64_t d) {
  return fmt::format("{}pairs = 0\nfor i in range(n):\n    for j in range(i + 1, n):\n        if {}:\n            pairs += 1\nprint(pairs)\n",
                     kRead, condition(level, d));
}

// Quick, and wrong about members equal to each other.
std::string wrong_program(int level, int64_t d) {
  std::string body;
  if (level == 1) body = "print(n - len(set(xs)))\n";
  if (level == 2) body = fmt::format("c = [0] * {0}\nfor x in xs:\n    c[x % {0}] += 1\nprint(sum(c[r] * c[-r % {0}] for r in range({0})) // 2)\n", d);
  if (level == 3)
    body = fmt::format("from bisect import bisect_left\nxs.sort()\nprint(sum(i - bisect_left(xs, x - {}) for i, x in enumerate(sorted(set(xs)))))\n", d);
  if (level == 4) body = "from bisect import bisect_left, insort\ns = []\nt = 0\nfor x in xs:\n    t += len(s) - bisect_left(s, x)\n    insort(s, x)\nprint(t)\n";
  return std::string(kRead) + body;
}

std::string quick_program(int level, int64_t d) {
  std::string body;
  if (level == 1) body = "from collections import Counter\nprint(sum(c * (c - 1) // 2 for c in Counter(xs).values()))\n";
  if (level == 2) body = fmt::format("seen = [0] * {0}\npairs = 0\nfor x in xs:\n    pairs += seen[-x % {0}]\n    seen[x % {0}] += 1\nprint(pairs)\n", d);
  if (level == 3) body = fmt::format("xs.sort()\npairs = low = 0\nfor i, x in enumerate(xs):\n    while x - xs[low] > {}:\n        low += 1\n    pairs += i - low\nprint(pairs)\n", d);
  if (level == 4) body = "from bisect import bisect_right, insort\ns = []\npairs = 0\nfor x in xs:\n    pairs += len(s) - bisect_right(s, x)\n    insort(s, x)\nprint(pairs)\n";
  return std::string(kRead) + body;
}

// Few members, all equal, and as many as a quick program can do.
std::vector<Sequence> sequences(SplitMix64& random) {
  std::vector<Sequence> all = {{0, 1, 2, 3, 10}, {1, 1, 2, 3, 10}, {2, 0, 1, 0, 5}, {2, 0, 1, 1, 5}, {3, 4, 3, 2, 7}, {50, 3, 1, 0, 9}, {40, 0, 1, 1, 41}, {40, 40, 1, 40, 41}};
  while (all.size() < 18) {
    const int64_t m = random.between(5, 60);
    all.push_back({random.between(2, 30), random.between(0, m - 1), random.between(1, 20), random.between(0, 20), m});
  }
  for (int64_t n : {300, 2000}) all.push_back({n, random.between(0, 99), random.between(2, 500), random.between(1, 500), random.between(500, 999)});
  all.push_back({random.between(35'000, 40'000), random.between(0, 99), random.between(2, 500), random.between(1, 500), random.between(800, 999)});
  return all;
}

constexpr std::array<std::string_view, 4> kConditions = {"x_i = x_j", "x_i + x_j is divisible by {}", "x_i and x_j differ by at most {}", "x_i is greater than x_j"};

struct Skeleton {
  std::string_view name;
  std::string_view text; // what is counted
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"count", "The input is one line with the integers n, x_1, p, q, m. They describe the numbers x_1, ..., x_n by x_(k+1) = (p * x_k + q) mod "
              "m. Print the number of pairs i < j for which {}. n is at most 40000, m at most 999."},
    {"program", "Write a Python program that reads n, x_1, p, q and m from one line. Let x_(k+1) = (p * x_k + q) mod m. Among x_1 to x_n, "
                "with n up to 40000 and m up to 999, count the pairs i < j such that {}, and print the count."},
    {"fast", "A sequence of n <= 40000 numbers starts with x_1; every next one is x_(k+1) = (p * x_k + q) mod m, where m <= 999. The input is "
             "n x_1 p q m on one line. How many pairs i < j are there such that {}? Print that number."},
}};

GeneratedQuestion generate_pairs(int level, Draw& draw) {
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const int64_t d = level == 2 ? draw.numbers.between(3, 60) : draw.numbers.between(2, 20);
  Json tests = Json::array();
  for (const Sequence& s : sequences(draw.numbers))
    tests.push_back({{"input", fmt::format("{} {} {} {} {}\n", s.n, s.start, s.p, s.q, s.m)}, {"output", fmt::format("{}\n", count(level, s, d))}});
  GeneratedQuestion question;
  question.text = fill(skeleton.text, fill(kConditions.at(static_cast<size_t>(level - 1)), d));
  question.skeleton = skeleton.name;
  question.effort = 10 + level;
  question.code = {{"language", "python"}, {"rule", "tokens"}, {"timeout", kSecondsPerTest}, {"tests", std::move(tests)}};
  question.program = quick_program(level, d);
  question.wrong = wrong_program(level, d);
  question.slow = slow_program(level, d);
  return question;
}

} // namespace

const Family kPairs = {
    .name = "pairs",
    .kind = "code",
    .summary = "count pairs in a long sequence in time",
    .levels = 4,
    .grader = "stdin",
    .form = AnswerForm::code_block,
    .shape = "Every test has 2 seconds of CPU time. Read from standard input and print to standard output. Give the whole program in one "
             "```python block.",
    .generate = generate_pairs,
    .distractors = {"The input comes from a sensor on floor {}.", "It was asked for {} days ago."},
};

} // namespace proctor
