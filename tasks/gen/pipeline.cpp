// SPDX-License-Identifier: MIT
#include "tasks/gen/pipeline.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "tasks/gen/tools.h"

namespace proctor {
namespace {

using Numbers = std::vector<int64_t>;

bool ends(OpKind kind) { return kind >= OpKind::as_list; }

int64_t mod(int64_t value, int64_t k) { return (value % k + k) % k; }

Op numbered(OpKind kind, SplitMix64& random) {
  Op op{kind};
  switch (kind) {
  case OpKind::times:
  case OpKind::each_times: op.k = random.between(2, 9); break;
  case OpKind::remainder:
  case OpKind::each_remainder: op.k = random.between(3, 30); break;
  case OpKind::keep_multiples: op.k = random.between(2, 5); break;
  case OpKind::take: op.k = random.between(2, 6); break;
  case OpKind::largest:
  case OpKind::smallest: op.k = -random.between(1, 9); break;
  case OpKind::keep_above:
  case OpKind::keep_below: op.k = random.between(-20, 40); break;
  case OpKind::branch: op = {kind, random.between(2, 5), random.between(1, 50), random.between(1, 50)}; break;
  default: op.k = random.between(2, 99);
  }
  return op;
}

OpKind draw_list_op(SplitMix64& random) {
  return static_cast<OpKind>(random.between(static_cast<int>(OpKind::keep_above), static_cast<int>(OpKind::running)));
}

std::string phrase(const Op& op) {
  switch (op.kind) {
  case OpKind::add: return fmt::format("adds {}", op.k);
  case OpKind::subtract: return fmt::format("subtracts {}", op.k);
  case OpKind::times: return fmt::format("multiplies by {}", op.k);
  case OpKind::remainder: return fmt::format("takes the remainder by {} (never negative)", op.k);
  case OpKind::square: return "squares";
  case OpKind::absolute: return "takes the absolute value";
  case OpKind::branch: return fmt::format("adds {} if the number is now a multiple of {}, else subtracts {}", op.yes, op.k, op.no);
  case OpKind::keep_above: return fmt::format("keeps only the numbers greater than {}", op.k);
  case OpKind::keep_below: return fmt::format("keeps only the numbers less than {}", op.k);
  case OpKind::keep_multiples: return fmt::format("keeps only the multiples of {}", op.k);
  case OpKind::each_add: return fmt::format("adds {} to each number", op.k);
  case OpKind::each_times: return fmt::format("multiplies each number by {}", op.k);
  case OpKind::each_square: return "squares each number";
  case OpKind::each_absolute: return "replaces each number by its absolute value";
  case OpKind::each_remainder: return fmt::format("replaces each number by its remainder by {} (never negative)", op.k);
  case OpKind::ascending: return "sorts in ascending order";
  case OpKind::descending: return "sorts in descending order";
  case OpKind::unique: return "drops every number that occurred before";
  case OpKind::reverse: return "reverses the order";
  case OpKind::take: return fmt::format("keeps the first {} numbers", op.k);
  case OpKind::every_second: return "keeps every second number, beginning with the first";
  case OpKind::running: return "replaces each number by the sum of all numbers up to it";
  case OpKind::as_list: return "returns the list";
  case OpKind::sum: return "returns the sum";
  case OpKind::count: return "returns how many numbers there are";
  case OpKind::largest: return fmt::format("returns the largest number, or {} if there is none", op.k);
  case OpKind::smallest: return fmt::format("returns the smallest number, or {} if there is none", op.k);
  }
  return {};
}

// The value after an operation, given the expression before it.
std::string expression(const Op& op, const std::string& x) {
  switch (op.kind) {
  case OpKind::add: return fmt::format("{} + {}", x, op.k);
  case OpKind::subtract: return fmt::format("{} - {}", x, op.k);
  case OpKind::times: return fmt::format("{} * {}", x, op.k);
  case OpKind::remainder: return fmt::format("{} % {}", x, op.k);
  case OpKind::square: return fmt::format("{} ** 2", x);
  case OpKind::absolute: return fmt::format("abs({})", x);
  case OpKind::branch: return fmt::format("{0} + {1} if {0} % {2} == 0 else {0} - {3}", x, op.yes, op.k, op.no);
  case OpKind::keep_above: return fmt::format("[x for x in {} if x > {}]", x, op.k);
  case OpKind::keep_below: return fmt::format("[x for x in {} if x < {}]", x, op.k);
  case OpKind::keep_multiples: return fmt::format("[x for x in {} if x % {} == 0]", x, op.k);
  case OpKind::each_add: return fmt::format("[x + {} for x in {}]", op.k, x);
  case OpKind::each_times: return fmt::format("[x * {} for x in {}]", op.k, x);
  case OpKind::each_square: return fmt::format("[x ** 2 for x in {}]", x);
  case OpKind::each_absolute: return fmt::format("[abs(x) for x in {}]", x);
  case OpKind::each_remainder: return fmt::format("[x % {} for x in {}]", op.k, x);
  case OpKind::ascending: return fmt::format("sorted({})", x);
  case OpKind::descending: return fmt::format("sorted({}, reverse=True)", x);
  case OpKind::unique: return fmt::format("list(dict.fromkeys({}))", x);
  case OpKind::reverse: return fmt::format("{}[::-1]", x);
  case OpKind::take: return fmt::format("{}[:{}]", x, op.k);
  case OpKind::every_second: return fmt::format("{}[::2]", x);
  case OpKind::running: return fmt::format("[sum({0}[:i + 1]) for i in range(len({0}))]", x);
  case OpKind::as_list: return x;
  case OpKind::sum: return fmt::format("sum({})", x);
  case OpKind::count: return fmt::format("len({})", x);
  case OpKind::largest: return fmt::format("max({}, default={})", x, op.k);
  case OpKind::smallest: return fmt::format("min({}, default={})", x, op.k);
  }
  return {};
}

// A number's operations fit on one line; a branch and a list take a statement each.
bool one_line(const Pipeline& pipeline) {
  return !pipeline.list && std::ranges::none_of(pipeline.ops, [](const Op& op) { return op.kind == OpKind::branch; });
}

// A chain stays within 64 bits; its plausible mistake may square twice, and then only has to differ: these wrap around.
int64_t plus(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
int64_t times(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }
int64_t magnitude(int64_t x) { return x < 0 ? times(x, -1) : x; }

int64_t apply(const Op& op, int64_t x) {
  switch (op.kind) {
  case OpKind::add: return plus(x, op.k);
  case OpKind::subtract: return plus(x, -op.k);
  case OpKind::times: return times(x, op.k);
  case OpKind::remainder: return mod(x, op.k);
  case OpKind::square: return times(x, x);
  case OpKind::absolute: return magnitude(x);
  default: return mod(x, op.k) == 0 ? plus(x, op.yes) : plus(x, -op.no);
  }
}

void drop_repeated(Numbers& xs) {
  Numbers kept;
  for (int64_t x : xs)
    if (std::find(kept.begin(), kept.end(), x) == kept.end()) kept.push_back(x);
  xs = std::move(kept);
}

void apply(const Op& op, Numbers& xs) {
  auto each = [&](auto change) { std::transform(xs.begin(), xs.end(), xs.begin(), change); };
  switch (op.kind) {
  case OpKind::keep_above: std::erase_if(xs, [&](int64_t x) { return x <= op.k; }); break;
  case OpKind::keep_below: std::erase_if(xs, [&](int64_t x) { return x >= op.k; }); break;
  case OpKind::keep_multiples: std::erase_if(xs, [&](int64_t x) { return x % op.k != 0; }); break;
  case OpKind::each_add: each([&](int64_t x) { return plus(x, op.k); }); break;
  case OpKind::each_times: each([&](int64_t x) { return times(x, op.k); }); break;
  case OpKind::each_square: each([](int64_t x) { return times(x, x); }); break;
  case OpKind::each_absolute: each(magnitude); break;
  case OpKind::each_remainder: each([&](int64_t x) { return mod(x, op.k); }); break;
  case OpKind::ascending: std::sort(xs.begin(), xs.end()); break;
  case OpKind::descending: std::sort(xs.rbegin(), xs.rend()); break;
  case OpKind::unique: drop_repeated(xs); break;
  case OpKind::reverse: std::reverse(xs.begin(), xs.end()); break;
  case OpKind::take: xs.resize(std::min(xs.size(), static_cast<size_t>(op.k))); break;
  case OpKind::every_second:
    for (size_t i = 0; 2 * i < xs.size(); ++i) xs[i] = xs[2 * i];
    xs.resize((xs.size() + 1) / 2);
    break;
  case OpKind::running: std::partial_sum(xs.begin(), xs.end(), xs.begin(), plus); break;
  default: break;
  }
}

Json ended(const Op& op, const Numbers& xs) {
  switch (op.kind) {
  case OpKind::sum: return std::accumulate(xs.begin(), xs.end(), int64_t{0}, plus);
  case OpKind::count: return xs.size();
  case OpKind::largest: return xs.empty() ? op.k : *std::max_element(xs.begin(), xs.end());
  case OpKind::smallest: return xs.empty() ? op.k : *std::min_element(xs.begin(), xs.end());
  default: return xs;
  }
}

// Operations that would undo or repeat the one before, or grow numbers beyond 64 bits.
bool follows(const Pipeline& pipeline, OpKind kind) {
  for (const Op& op : pipeline.ops) {
    if (op.kind == kind) return false;
    const bool grows = op.kind == OpKind::square || op.kind == OpKind::each_square;
    if (grows && (kind == OpKind::square || kind == OpKind::each_square)) return false;
  }
  if (pipeline.ops.empty()) return true;
  const OpKind last = pipeline.ops.back().kind;
  auto sorts = [](OpKind of) { return of == OpKind::ascending || of == OpKind::descending || of == OpKind::reverse; };
  auto shifts = [](OpKind of) { return of == OpKind::add || of == OpKind::subtract; };
  return !(sorts(last) && sorts(kind)) && !(shifts(last) && shifts(kind));
}

void add_op(Pipeline& pipeline, Draw& draw, bool branch) {
  for (;;) {
    const OpKind kind = branch          ? OpKind::branch
                        : pipeline.list ? draw_list_op(draw.structure)
                                        : static_cast<OpKind>(draw.structure.below(6));
    if (!branch && !follows(pipeline, kind)) continue;
    pipeline.ops.push_back(numbered(kind, draw.numbers));
    return;
  }
}

Json random_list(SplitMix64& random, int64_t n, int64_t largest) {
  Numbers numbers;
  for (int64_t i = 0; i < n; ++i) numbers.push_back(random.between(-largest, largest));
  return numbers;
}

std::vector<Json> list_arguments(const Pipeline& pipeline, SplitMix64& random) {
  Numbers edges;
  for (const Op& op : pipeline.ops)
    for (int64_t near : {op.k - 1, op.k, op.k + 1}) edges.push_back(near);
  std::vector<Json> arguments = {Numbers{}, Numbers{0}, Numbers{-1}, Numbers{7, 7, 7, 7}, Numbers{1'000'000, -1'000'000, 0},
                                 edges, Numbers(edges.rbegin(), edges.rend()), Numbers{5, 3, 5, 3, 1, -2, -2}};
  for (int i = 0; i < 8; ++i) arguments.push_back(random_list(random, random.between(1, 9), 60));
  for (int i = 0; i < 5; ++i) arguments.push_back(random_list(random, random.between(10, 30), i < 3 ? 12 : 100));
  arguments.push_back(random_list(random, 200, 1000));
  return arguments;
}

std::vector<Json> number_arguments(const Pipeline& pipeline, SplitMix64& random) {
  std::vector<Json> arguments = {0, 1, -1, 2, 1'000'000, -1'000'000, 999'983};
  for (const Op& op : pipeline.ops)
    for (int64_t near : {-op.k, op.k - 1, op.k, op.k + 1}) arguments.push_back(near);
  while (arguments.size() < 24) arguments.push_back(random.between(-500, 500));
  return arguments;
}

// The operation that is easily taken for this one, or any other of its kind.
OpKind exchanged(OpKind kind, SplitMix64& random) {
  static constexpr std::array<std::pair<OpKind, OpKind>, 8> kPairs = {{{OpKind::add, OpKind::subtract},
                                                                        {OpKind::keep_above, OpKind::keep_below},
                                                                        {OpKind::ascending, OpKind::descending},
                                                                        {OpKind::largest, OpKind::smallest},
                                                                        {OpKind::times, OpKind::add},
                                                                        {OpKind::each_times, OpKind::each_add},
                                                                        {OpKind::sum, OpKind::count},
                                                                        {OpKind::reverse, OpKind::ascending}}};
  for (auto [a, b] : kPairs)
    if (kind == a || kind == b) return kind == a ? b : a;
  if (ends(kind)) return static_cast<OpKind>(random.between(static_cast<int>(OpKind::as_list), static_cast<int>(OpKind::smallest)));
  return kind >= OpKind::keep_above ? draw_list_op(random) : static_cast<OpKind>(random.below(6));
}

Pipeline mutant(const Pipeline& pipeline, SplitMix64& random) {
  Pipeline changed = pipeline;
  const size_t at = draw_index(random, changed.ops.size());
  Op& op = changed.ops[at];
  switch (random.below(4)) {
  case 0:
    ++op.k;
    ++op.yes;
    break;
  case 1: op = numbered(exchanged(op.kind, random), random); break;
  case 2:
    if (changed.ops.size() > 1 && !ends(op.kind)) changed.ops.erase(changed.ops.begin() + static_cast<std::ptrdiff_t>(at));
    break;
  default:
    if (at + 1 < changed.ops.size() && !ends(changed.ops[at + 1].kind)) std::swap(op, changed.ops[at + 1]);
  }
  return changed;
}

} // namespace

Pipeline draw_pipeline(int level, Draw& draw) {
  Pipeline pipeline;
  pipeline.list = level >= 3;
  static constexpr std::array<int, 4> kFewest = {1, 1, 1, 4};
  const int n = kFewest.at(static_cast<size_t>(level - 1)) + static_cast<int>(draw.structure.below(2));
  for (int i = 0; i < n; ++i) add_op(pipeline, draw, false);
  if (level == 2) add_op(pipeline, draw, true);
  if (level == 2 && draw.structure.below(2) == 0) add_op(pipeline, draw, false);
  if (!pipeline.list) return pipeline;
  static constexpr std::array kEnds = {OpKind::sum, OpKind::count, OpKind::largest, OpKind::smallest, OpKind::as_list, OpKind::as_list};
  const OpKind end = level == 3 ? kEnds[draw_index(draw.structure, 4)] : pick(draw.structure, kEnds);
  pipeline.ops.push_back(numbered(end, draw.numbers));
  return pipeline;
}

std::string argument_of(const Pipeline& pipeline) { return pipeline.list ? "xs" : "x"; }

std::string english(const Pipeline& pipeline) {
  std::string text = pipeline.list ? "starts with a list xs of integers" : "starts with x";
  for (const Op& op : pipeline.ops) text += (ends(op.kind) ? " and " : ", ") + phrase(op);
  return pipeline.list ? text : text + " and returns the result";
}

std::string python(const Pipeline& pipeline) {
  const std::string name = argument_of(pipeline);
  std::string program = fmt::format("def f({}):\n", name), value = name;
  if (one_line(pipeline)) {
    for (size_t i = 0; i < pipeline.ops.size(); ++i) {
      const bool bracket = i > 0 && pipeline.ops[i].kind != OpKind::absolute && pipeline.ops[i - 1].kind != OpKind::absolute;
      value = expression(pipeline.ops[i], bracket ? "(" + value + ")" : value);
    }
    return program + fmt::format("    return {}\n", value);
  }
  for (const Op& op : pipeline.ops)
    program += ends(op.kind) ? fmt::format("    return {}\n", expression(op, name)) : fmt::format("    {} = {}\n", name, expression(op, name));
  return pipeline.list ? program : program + "    return x\n";
}

std::string explained(const Pipeline& pipeline) {
  std::string text;
  for (const Op& op : pipeline.ops) text += fmt::format("{}: {}\n", phrase(op), expression(op, argument_of(pipeline)));
  return text;
}

Json evaluate(const Pipeline& pipeline, const Json& argument) {
  if (!pipeline.list) {
    int64_t x = argument.get<int64_t>();
    for (const Op& op : pipeline.ops) x = apply(op, x);
    return x;
  }
  auto xs = argument.get<Numbers>();
  for (const Op& op : pipeline.ops) apply(op, xs);
  return ended(pipeline.ops.back(), xs);
}

std::vector<Json> test_arguments(const Pipeline& pipeline, SplitMix64& random) {
  return pipeline.list ? list_arguments(pipeline, random) : number_arguments(pipeline, random);
}

Pipeline mistaken(const Pipeline& pipeline, const std::vector<Json>& arguments, SplitMix64& random) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    Pipeline changed = mutant(pipeline, random);
    for (const Json& argument : arguments)
      if (evaluate(changed, argument) != evaluate(pipeline, argument)) return changed;
  }
  Pipeline ended = pipeline; // in another way, which every argument shows
  if (!pipeline.list)
    ended.ops.push_back({OpKind::add, 1});
  else
    ended.ops.back() = {pipeline.ops.back().kind == OpKind::as_list ? OpKind::count : OpKind::as_list};
  return ended;
}

Json function_code(const std::vector<Json>& arguments, const std::vector<Json>& results) {
  Json tests = Json::array();
  for (size_t i = 0; i < arguments.size(); ++i) tests.push_back({{"input", arguments[i].dump()}, {"output", results[i].dump()}});
  return {{"language", "python"}, {"entry_point", "f"}, {"tests", std::move(tests)}};
}

std::string python_block(std::string_view program) { return fmt::format("```python\n{}```", program); }

} // namespace proctor
