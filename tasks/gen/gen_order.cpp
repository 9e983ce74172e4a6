// SPDX-License-Identifier: MIT
// Who stands where: an order of 3 to 6 names from relative clues. The clues are redrawn and thinned out until
// exactly one of all permutations fits and none can be left out; the question asks for one place.
//
// Level = names - 2: 3, 4, 5, 6 names, with 2 to 5 or more clues.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <numeric>
#include <vector>

#include "harness/text/ascii.h"
#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

constexpr size_t kMostNames = 6;
constexpr std::array<size_t, 4> kLevels = {3, 4, 5, 6};

using Places = std::array<int, kMostNames>; // of each name, from 1; unused names 0

enum class Relation { before, directly_before, one_between, not_at };

struct Clue {
  Relation relation = Relation::before;
  size_t a = 0;
  size_t b = 0;
  int place = 0;
  bool operator==(const Clue&) const = default;
};

bool holds(const Clue& clue, const Places& places) {
  const int a = places[clue.a];
  const int b = places[clue.b];
  switch (clue.relation) {
  case Relation::before: return a < b;
  case Relation::directly_before: return a + 1 == b;
  case Relation::one_between: return a - b == 2 || b - a == 2;
  case Relation::not_at: return a != clue.place;
  }
  return false;
}

std::vector<Places> all_orders(size_t n) {
  Places places{};
  std::iota(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(n), 1);
  std::vector<Places> orders;
  do orders.push_back(places);
  while (std::next_permutation(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(n)));
  return orders;
}

const std::vector<Places>& orders_of(size_t n) {
  static const std::array<std::vector<Places>, 4> kOrders = {all_orders(3), all_orders(4), all_orders(5),
                                                             all_orders(6)};
  return kOrders.at(n - 3);
}

size_t count_fitting(const std::vector<Places>& orders, const std::vector<Clue>& clues) {
  return static_cast<size_t>(std::count_if(orders.begin(), orders.end(), [&](const Places& places) {
    return std::all_of(clues.begin(), clues.end(), [&](const Clue& clue) { return holds(clue, places); });
  }));
}

// A clue that is true of the hidden order.
Clue draw_clue(SplitMix64& random, size_t n, const Places& hidden) {
  static constexpr std::array kRelations = {Relation::before, Relation::before, Relation::directly_before,
                                            Relation::one_between, Relation::not_at};
  for (;;) {
    Clue clue;
    clue.relation = kRelations[random.below(kRelations.size())];
    clue.a = random.below(static_cast<uint32_t>(n));
    clue.b = (clue.a + 1 + random.below(static_cast<uint32_t>(n - 1))) % n;
    clue.place = 1 + static_cast<int>(random.below(static_cast<uint32_t>(n)));
    if (holds(clue, hidden)) return clue;
  }
}

// Clues that only the hidden order fits, each of them needed.
std::vector<Clue> draw_clues(SplitMix64& random, size_t n, const Places& hidden) {
  std::vector<Clue> clues;
  std::vector<Places> left = orders_of(n);
  while (left.size() > 1) {
    Clue clue = draw_clue(random, n, hidden);
    if (std::erase_if(left, [&](const Places& places) { return !holds(clue, places); }) > 0) clues.push_back(clue);
  }
  for (size_t i = clues.size(); i-- > 0;) {
    std::vector<Clue> fewer = clues;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (count_fitting(orders_of(n), fewer) == 1) clues = std::move(fewer);
  }
  random.shuffle(clues);
  return clues;
}

struct Skeleton {
  std::string_view name;
  std::string_view setting; // number, names
  std::string_view before;  // the clues: two names, or a name and a place
  std::string_view directly_before;
  std::string_view one_between;
  std::string_view not_at;
  std::string_view question; // place
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"queue", "{} people wait in a queue, counted from the front: {}.", "{} is somewhere ahead of {}.",
     "{} is directly ahead of {}.", "Exactly one person stands between {} and {}.", "{} is not number {}.",
     "Who is number {} in the queue?"},
    {"race", "{} runners finish a race one after another: {}.", "{} finishes at some point before {}.",
     "{} finishes right before {}.", "Exactly one runner finishes between {} and {}.", "{} does not take place {}.",
     "Who takes place {}?"},
    {"bench", "{} friends sit on a bench whose seats are numbered from left to right: {}.",
     "{} sits somewhere to the left of {}.", "{} sits immediately to the left of {}.",
     "Exactly one friend sits between {} and {}.", "{} does not sit on seat {}.", "Who sits on seat {}?"},
}};

std::string told(const Clue& clue, const Skeleton& skeleton, const std::vector<std::string>& names) {
  const std::string& a = names[clue.a];
  const std::string& b = names[clue.b];
  switch (clue.relation) {
  case Relation::before: return fmt::format(fmt::runtime(skeleton.before), a, b);
  case Relation::directly_before: return fmt::format(fmt::runtime(skeleton.directly_before), a, b);
  case Relation::one_between: return fmt::format(fmt::runtime(skeleton.one_between), a, b);
  case Relation::not_at: return fmt::format(fmt::runtime(skeleton.not_at), a, clue.place);
  }
  return {};
}

Places draw_hidden(SplitMix64& random, size_t n) {
  const std::vector<Places>& orders = orders_of(n);
  return orders[random.below(static_cast<uint32_t>(orders.size()))];
}

// The names in their order.
std::vector<std::string> in_order(const std::vector<std::string>& names, const Places& places) {
  std::vector<std::string> order(names.size());
  for (size_t i = 0; i < names.size(); ++i) order[static_cast<size_t>(places[i] - 1)] = names[i];
  return order;
}

GeneratedQuestion generate_order(int level, Draw& draw) {
  static constexpr std::array<std::string_view, 4> kNumbers = {"Three", "Four", "Five", "Six"};
  const size_t n = kLevels.at(static_cast<size_t>(level - 1));
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const Places hidden = draw_hidden(draw.structure, n);
  const std::vector<std::string> names = draw_names(draw.numbers, n);
  std::string text = proctor::fill(skeleton.setting, kNumbers[n - 3], listed(names));
  for (const Clue& clue : draw_clues(draw.structure, n, hidden)) text += " " + told(clue, skeleton, names);
  const size_t asked = draw_index(draw.numbers, n);
  text += " " + fill(skeleton.question, hidden[asked]);
  std::string working;
  const std::vector<std::string> order = in_order(names, hidden);
  for (size_t i = 0; i < n; ++i) working += fmt::format("{}{} {}", i == 0 ? "" : ", ", i + 1, order[i]);
  return {std::move(text), names[asked], std::string(skeleton.name), static_cast<int>(n), working + "\n"};
}

// The second method: from the printed sentences, placing one name after another.

struct Puzzle {
  std::vector<std::string> names;
  std::vector<Clue> clues;
  int asked = 0;
};

// "Six friends ...: Ada, Bela and Cleo" -> the names
std::vector<std::string> read_names(std::string_view sentence) {
  std::vector<std::string> names;
  size_t colon = sentence.find(':');
  if (colon == sentence.npos) return names;
  for (std::string_view word : words_of(sentence.substr(colon)))
    if (is_upper(word[0])) names.emplace_back(word);
  return names;
}

int read_number(std::string_view sentence) {
  for (std::string_view word : words_of(sentence))
    if (is_digit(word[0])) return word[0] - '0';
  return 0;
}

std::optional<Clue> read_clue(std::string_view sentence, const std::vector<std::string>& names) {
  std::vector<size_t> named;
  for (std::string_view word : words_of(sentence))
    if (auto it = std::find(names.begin(), names.end(), word); it != names.end())
      named.push_back(static_cast<size_t>(it - names.begin()));
  if (mentions(sentence, " not ")) {
    if (named.size() != 1) return std::nullopt;
    return Clue{Relation::not_at, named[0], named[0], read_number(sentence)};
  }
  if (named.size() != 2) return std::nullopt;
  if (mentions(sentence, "Exactly one")) return Clue{Relation::one_between, named[0], named[1], 0};
  for (std::string_view phrase : {" directly ", " right before ", " immediately "})
    if (mentions(sentence, phrase)) return Clue{Relation::directly_before, named[0], named[1], 0};
  return Clue{Relation::before, named[0], named[1], 0};
}

std::optional<Puzzle> read_puzzle(std::string_view text) {
  Puzzle puzzle;
  text = text.substr(0, text.find('?') + 1);
  for (std::string_view sentence : split(text, '.')) {
    if (puzzle.names.empty())
      puzzle.names = read_names(sentence);
    else if (sentence.ends_with('?'))
      puzzle.asked = read_number(sentence);
    else if (auto clue = read_clue(sentence, puzzle.names))
      puzzle.clues.push_back(*clue);
    else
      return std::nullopt;
  }
  if (puzzle.asked == 0 || puzzle.names.empty() || puzzle.names.size() > kMostNames) return std::nullopt;
  return puzzle;
}

// Walks over all placements, cutting off what a clue about placed names refuses; collects who is asked for.
struct Walk {
  const Puzzle& puzzle;
  Places places{};
  int solutions = 0;
  size_t answer = 0;

  bool refused() const {
    return std::any_of(puzzle.clues.begin(), puzzle.clues.end(), [&](const Clue& clue) {
      return places[clue.a] != 0 && places[clue.b] != 0 && !holds(clue, places);
    });
  }

  void place(int next) {
    if (next > static_cast<int>(puzzle.names.size())) {
      ++solutions;
      answer = static_cast<size_t>(std::find(places.begin(), places.end(), puzzle.asked) - places.begin());
      return;
    }
    for (size_t name = 0; name < puzzle.names.size(); ++name) {
      if (places[name] != 0) continue;
      places[name] = next;
      if (!refused()) place(next + 1);
      places[name] = 0;
    }
  }
};

std::optional<std::string> solve_order_text(std::string_view text) {
  auto puzzle = read_puzzle(text);
  if (!puzzle) return std::nullopt;
  Walk walk{*puzzle};
  walk.place(1);
  if (walk.solutions != 1 || walk.answer >= puzzle->names.size()) return std::nullopt;
  return puzzle->names[walk.answer];
}

} // namespace

const Family kOrder = {
    .name = "order",
    .kind = "logic",
    .summary = "who stands where, 3 to 6 names",
    .version = 2,
    .levels = 4,
    .grader = "exact",
    .generate = generate_order,
    .solve_text = solve_order_text,
    .distractors = {"The first of them came {} minutes early.", "It is {} degrees warm that day."},
};

} // namespace proctor
