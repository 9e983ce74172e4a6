// SPDX-License-Identifier: MIT
// Writing a program that reads numbers and prints some: empty input, duplicates and extremes are among the hidden tests.
// First method: evaluated here; second: a Python program.
//
// Level: 1 two numbers on a line, 2 a list and a plain total, 3 a list and a question with a trap, 4 two of these.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>

#include "tasks/gen/families.h"
#include "tasks/gen/pipeline.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

using Numbers = std::vector<int64_t>;

enum class Ask {
  sum, difference, product, larger, distance, // of a and b, plus k
  total_above, count_equal, spread, total_every, // of a list
  second, longest_run, most_frequent, distinct, increases, first_repeated, // with a trap
};

struct Query {
  Ask ask = Ask::sum;
  int64_t k = 0;
};

std::string phrase(const Query& query) {
  switch (query.ask) {
  case Ask::sum: return fmt::format("a + b + {}", query.k);
  case Ask::difference: return fmt::format("a - b + {}", query.k);
  case Ask::product: return fmt::format("a * b + {}", query.k);
  case Ask::larger: return fmt::format("the larger of a and b, plus {}", query.k);
  case Ask::distance: return fmt::format("the distance |a - b|, plus {}", query.k);
  case Ask::total_above: return fmt::format("the sum of all numbers greater than {}", query.k);
  case Ask::count_equal: return fmt::format("how many of the numbers equal {}", query.k);
  case Ask::spread: return fmt::format("the largest minus the smallest number plus {0}, or {0} if there are no numbers", query.k);
  case Ask::total_every: return fmt::format("the sum of the 1st, {}th, {}th number and so on, in steps of {}", 1 + query.k, 1 + 2 * query.k, query.k);
  case Ask::second: return "the second largest of the different values, or none if there are fewer than two values";
  case Ask::longest_run: return "the length of the longest run of equal neighbours (0 for no numbers)";
  case Ask::most_frequent: return "the most frequent value, the smallest of them if several are, or none if there are no numbers";
  case Ask::distinct: return "how many different values there are";
  case Ask::increases: return fmt::format("how many numbers are greater by at least {} than the number directly before", query.k);
  case Ask::first_repeated: return "the first number, in the order given, that occurred before, or none if there is no such number";
  }
  return {};
}

std::string python_value(const Query& query, bool wrong) {
  const int64_t k = query.k;
  switch (query.ask) {
  case Ask::sum: return fmt::format("a + b + {}", wrong ? 0 : k);
  case Ask::difference: return fmt::format("{} + {}", wrong ? "b - a" : "a - b", k);
  case Ask::product: return fmt::format("{} + {}", wrong ? "a + b" : "a * b", k);
  case Ask::larger: return fmt::format("{}(a, b) + {}", wrong ? "min" : "max", k);
  case Ask::distance: return fmt::format("{}(a - b) + {}", wrong ? "" : "abs", k);
  case Ask::total_above: return fmt::format("sum(x for x in xs if x {} {})", wrong ? ">=" : ">", k);
  case Ask::count_equal: return fmt::format(fmt::runtime(wrong ? "int({} in xs)" : "xs.count({})"), k);
  case Ask::spread: return fmt::format(fmt::runtime(wrong ? "max(xs, default=0) - min(xs + [0]) + {}" : "(max(xs) - min(xs) if xs else 0) + {}"), k);
  case Ask::total_every: return fmt::format("sum(xs[{}::{}])", wrong ? k - 1 : 0, k);
  case Ask::second: return wrong ? "sorted(xs)[-2] if len(xs) > 1 else 'none'" : "sorted(set(xs))[-2] if len(set(xs)) > 1 else 'none'";
  case Ask::longest_run:
    return wrong ? "max((xs.count(x) for x in xs), default=0)"
                 : "max((j - i for i in range(len(xs)) for j in range(i + 1, len(xs) + 1) if len(set(xs[i:j])) == 1), default=0)";
  case Ask::most_frequent: return wrong ? "max(xs, key=xs.count, default='none')" : "min(xs, key=lambda x: (-xs.count(x), x)) if xs else 'none'";
  case Ask::distinct: return wrong ? "len(xs)" : "len(set(xs))";
  case Ask::increases: return fmt::format("sum(1 for x, y in zip(xs, xs[1:]) if y - x {} {})", wrong ? ">" : ">=", k);
  case Ask::first_repeated:
    return wrong ? "next((x for x in xs if xs.count(x) > 1), 'none')" : "next((x for i, x in enumerate(xs) if x in xs[:i]), 'none')";
  }
  return {};
}

bool of_two(const Query& query) { return query.ask <= Ask::distance; }

std::string program_of(const std::vector<Query>& queries, bool wrong) {
  std::string program = of_two(queries[0]) ? "a, b = map(int, input().split())\n"
                                           : "import sys\nxs = list(map(int, sys.stdin.read().split()))[1:]\n";
  for (const Query& query : queries) program += fmt::format("print({})\n", python_value(query, wrong));
  return program;
}

std::string text_or_none(std::optional<int64_t> value) { return value ? std::to_string(*value) : "none"; }

std::optional<int64_t> second_largest(const Numbers& xs) {
  std::optional<int64_t> best, second;
  for (int64_t x : xs) {
    if (!best || x > *best)
      second = std::exchange(best, x);
    else if (x != *best && (!second || x > *second))
      second = x;
  }
  return second;
}

int64_t longest_run(const Numbers& xs) {
  int64_t longest = 0, run = 0;
  for (size_t i = 0; i < xs.size(); ++i) {
    run = i > 0 && xs[i] == xs[i - 1] ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest;
}

std::map<int64_t, int> counted(const Numbers& xs) {
  std::map<int64_t, int> counts;
  for (int64_t x : xs) ++counts[x];
  return counts;
}

std::optional<int64_t> most_frequent(const Numbers& xs) {
  std::optional<int64_t> best;
  int most = 0;
  for (auto [value, count] : counted(xs)) // smallest first
    if (count > most) best = value, most = count;
  return best;
}

std::optional<int64_t> first_repeated(const Numbers& xs) {
  std::map<int64_t, int> counts;
  for (int64_t x : xs)
    if (++counts[x] > 1) return x;
  return std::nullopt;
}

std::string result(const Query& query, const Numbers& xs) {
  const int64_t k = query.k;
  int64_t sum = 0;
  switch (query.ask) {
  case Ask::sum: return std::to_string(xs[0] + xs[1] + k);
  case Ask::difference: return std::to_string(xs[0] - xs[1] + k);
  case Ask::product: return std::to_string(xs[0] * xs[1] + k);
  case Ask::larger: return std::to_string(std::max(xs[0], xs[1]) + k);
  case Ask::distance: return std::to_string(std::abs(xs[0] - xs[1]) + k);
  case Ask::total_above:
    for (int64_t x : xs) sum += x > k ? x : 0;
    return std::to_string(sum);
  case Ask::count_equal: return std::to_string(std::count(xs.begin(), xs.end(), k));
  case Ask::spread:
    if (!xs.empty()) sum = *std::max_element(xs.begin(), xs.end()) - *std::min_element(xs.begin(), xs.end());
    return std::to_string(sum + k);
  case Ask::total_every:
    for (size_t i = 0; i < xs.size(); i += static_cast<size_t>(k)) sum += xs[i];
    return std::to_string(sum);
  case Ask::second: return text_or_none(second_largest(xs));
  case Ask::longest_run: return std::to_string(longest_run(xs));
  case Ask::most_frequent: return text_or_none(most_frequent(xs));
  case Ask::distinct: return std::to_string(counted(xs).size());
  case Ask::increases:
    for (size_t i = 1; i < xs.size(); ++i) sum += xs[i] - xs[i - 1] >= k ? 1 : 0;
    return std::to_string(sum);
  case Ask::first_repeated: return text_or_none(first_repeated(xs));
  }
  return {};
}

Numbers random_numbers(SplitMix64& random, int64_t n, int64_t largest) {
  Numbers numbers;
  for (int64_t i = 0; i < n; ++i) numbers.push_back(random.between(-largest, largest));
  return numbers;
}

// Pairs for level 1, lists for the others.
std::vector<Numbers> inputs_for(const std::vector<Query>& queries, SplitMix64& random) {
  const int64_t k = queries[0].k;
  std::vector<Numbers> inputs;
  if (of_two(queries[0])) {
    inputs = {{0, 0}, {1, 0}, {0, 1}, {-1, -1}, {5, 5}, {k, -k}, {-k, k}, {999'999'999, 999'999'999}, {-999'999'999, 999'999'999}, {1'000'000'000, -1}};
    while (inputs.size() < 22) inputs.push_back(random_numbers(random, 2, 100));
    return inputs;
  }
  const int64_t far = 100'000'000'000'000'000;
  inputs = {{}, {k}, {0}, {-4}, {k, k}, {k, k, k, 3}, {3, 9, 3, 9, 9}, {9, 9, 3, 3}, {far, -far}, {far, far, far - 1}, {1, 1, 2, 1, 1, 1}, {-far, -far, -5},
            {k - 1, k, k + 1, k, 2 * k}, {7, 3, 3, 7, 1}};
  for (int i = 0; i < 8; ++i) inputs.push_back(random_numbers(random, random.between(2, 12), i % 2 == 0 ? 4 : 60));
  inputs.push_back(random_numbers(random, 60, 9));
  inputs.push_back(random_numbers(random, 60, 1'000'000'000));
  return inputs;
}

std::string printed(const Numbers& xs, bool of_two) {
  std::string text = of_two ? "" : fmt::format("{}\n", xs.size());
  for (size_t i = 0; i < xs.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : " ", xs[i]);
  return text + "\n";
}

Json tests_of(const std::vector<Query>& queries, SplitMix64& random) {
  Json tests = Json::array();
  for (const Numbers& xs : inputs_for(queries, random)) {
    std::string output;
    for (const Query& query : queries) output += result(query, xs) + "\n";
    tests.push_back({{"input", printed(xs, of_two(queries[0]))}, {"output", output}});
  }
  return tests;
}

Query draw_query(int level, Draw& draw) {
  Query query;
  const int64_t low = level == 1 ? 0 : level == 2 ? 5 : 9, high = level == 1 ? 4 : level == 2 ? 8 : 14;
  query.ask = static_cast<Ask>(draw.structure.between(low, high));
  query.k = query.ask == Ask::total_every ? draw.numbers.between(4, 9) : draw.numbers.between(2, 50);
  return query;
}

struct Skeleton {
  std::string_view name;
  std::string_view two, list; // what to print
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"program", "Write a Python program that reads two integers a and b from one line and prints {}.",
     "Write a Python program that reads n and, from the next line, n integers (n may be 0), and prints {}."},
    {"input", "The input is one line with two integers a and b. Print {}.",
     "The first line of the input is n >= 0, the second line has n integers. Print {}."},
    {"tool", "We need a small Python tool. It gets two integers a and b on one line and prints {}.",
     "We need a small Python tool. It gets the length of a list, possibly 0, and on the next line the list of integers. It prints {}."},
}};

GeneratedQuestion generate_stdio(int level, Draw& draw) {
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  std::vector<Query> queries = {draw_query(level, draw)};
  while (level == 4 && queries.size() < 2)
    if (Query second = draw_query(level, draw); second.ask != queries[0].ask) queries.push_back(second);
  GeneratedQuestion question;
  std::string what = phrase(queries[0]);
  if (level == 4) what = fmt::format("two lines: first {}; then {}", what, phrase(queries[1]));
  question.text = fill(level == 1 ? skeleton.two : skeleton.list, what);
  question.skeleton = skeleton.name;
  question.effort = 2 * level;
  for (const Query& query : queries) question.working += fmt::format("{}: {}\n", phrase(query), python_value(query, false));
  question.code = {{"language", "python"}, {"rule", "tokens"}, {"tests", tests_of(queries, draw.numbers)}};
  question.program = program_of(queries, false);
  question.wrong = program_of(queries, true);
  return question;
}

} // namespace

const Family kStdio = {
    .name = "stdio",
    .kind = "code",
    .summary = "write a program that reads numbers and prints some",
    .levels = 4,
    .grader = "stdin",
    .form = AnswerForm::code_block,
    .shape = "Read from standard input and print to standard output. Give the whole program in one ```python block.",
    .generate = generate_stdio,
    .distractors = {"The machine it runs on has {} fans.", "It was asked for {} days ago."},
};

} // namespace proctor
