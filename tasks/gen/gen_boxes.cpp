// SPDX-License-Identifier: MIT
// A prize is in one of several boxes; each box says something, and it is known how many of the sentences are true.
// Exactly one place fits. First method: for every place, count the true sentences; second: for every choice of true
// sentences of the right number, the places that fit them, from the printed words.
//
// Level = boxes: 3, 4, 5, 6; from level 3 on boxes also speak about the truth of other boxes.
#include <algorithm>
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

enum class Claim { here, not_here, there, not_there, either, says_true, says_false };

struct Statement {
  Claim claim = Claim::here;
  size_t a = 0, b = 0;
};

// About the boxes' sentences only those before it are spoken of, so that every truth value is defined.
bool holds(const std::vector<Statement>& statements, size_t box, size_t prize) {
  const Statement& statement = statements[box];
  switch (statement.claim) {
  case Claim::here: return prize == box;
  case Claim::not_here: return prize != box;
  case Claim::there: return prize == statement.a;
  case Claim::not_there: return prize != statement.a;
  case Claim::either: return prize == statement.a || prize == statement.b;
  case Claim::says_true: return holds(statements, statement.a, prize);
  case Claim::says_false: return !holds(statements, statement.a, prize);
  }
  return false;
}

size_t n_true(const std::vector<Statement>& statements, size_t prize) {
  size_t n = 0;
  for (size_t box = 0; box < statements.size(); ++box) n += holds(statements, box, prize) ? 1 : 0;
  return n;
}

std::vector<Statement> draw_statements(SplitMix64& random, size_t n, bool about_truth) {
  std::vector<Statement> statements;
  for (size_t box = 0; box < n; ++box) {
    Statement statement;
    statement.claim = static_cast<Claim>(random.below(about_truth && box > 0 ? 7 : 5));
    const bool earlier = statement.claim == Claim::says_true || statement.claim == Claim::says_false;
    statement.a = earlier ? draw_index(random, box) : (box + 1 + draw_index(random, n - 1)) % n;
    do statement.b = draw_index(random, n);
    while (statement.b == statement.a);
    statements.push_back(statement);
  }
  return statements;
}

struct Planted {
  std::vector<Statement> statements;
  size_t prize = 0, n_true = 0;
};

Planted draw_planted(SplitMix64& random, size_t n) {
  for (;;) {
    Planted planted;
    planted.statements = draw_statements(random, n, n >= 5);
    planted.prize = draw_index(random, n);
    planted.n_true = n_true(planted.statements, planted.prize);
    size_t places = 0;
    for (size_t place = 0; place < n; ++place) places += n_true(planted.statements, place) == planted.n_true ? 1 : 0;
    if (places == 1 && planted.n_true >= 1 && planted.n_true < n) return planted;
  }
}

struct Skeleton {
  std::string_view name;
  std::string_view setting; // colours
  std::string_view speaks;  // colour, words
  std::string_view thing;   // what is hidden
  std::string_view kind;    // box
  std::string_view truth;   // how many
  std::string_view question;
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"boxes", "A coin is in one of these boxes: {}.", "The {} box says: \"{}.\"", "the coin", "box", "Exactly {} of the sentences are true.",
     "Which box holds the coin?"},
    {"doors", "A cat is behind one of these doors: {}.", "On the {} door is written: \"{}.\"", "the cat", "door",
     "Exactly {} of these signs are true.", "Behind which door is the cat?"},
    {"bags", "A key is in one of these bags: {}.", "The label of the {} bag reads: \"{}.\"", "the key", "bag",
     "Exactly {} of the labels tell the truth.", "Which bag is the key in?"},
}};

constexpr std::string_view kAsk = " Answer with its colour.";

std::string told(const Statement& statement, size_t box, const Skeleton& skeleton, const std::vector<std::string>& colours) {
  auto place = [&](size_t i) { return fmt::format("the {} {}", colours[i], skeleton.kind); };
  std::string thing(skeleton.thing);
  thing[0] = 'T';
  switch (statement.claim) {
  case Claim::here: return fmt::format("{} is with {}", thing, place(box));
  case Claim::not_here: return fmt::format("{} is not with {}", thing, place(box));
  case Claim::there: return fmt::format("{} is with {}", thing, place(statement.a));
  case Claim::not_there: return fmt::format("{} is not with {}", thing, place(statement.a));
  case Claim::either: return fmt::format("{} is with {} or with {}", thing, place(statement.a), place(statement.b));
  case Claim::says_true: return fmt::format("What {} says is true", place(statement.a));
  case Claim::says_false: return fmt::format("What {} says is false", place(statement.a));
  }
  return {};
}

std::vector<std::string> draw_colours(SplitMix64& random, size_t n) {
  std::vector<std::string> colours = {"red",  "blue", "green", "yellow", "black", "white", "brown", "pink",
                                      "gold", "grey", "lime",  "navy",   "olive", "plum",  "teal",  "tan"};
  random.shuffle(colours);
  colours.resize(n);
  return colours;
}

// For every place, what each sentence would be.
std::string work(const Planted& planted, const std::vector<std::string>& colours) {
  std::string working;
  for (size_t place = 0; place < colours.size(); ++place) {
    working += colours[place] + ":";
    for (size_t box = 0; box < colours.size(); ++box) working += holds(planted.statements, box, place) ? " T" : " F";
    const size_t n = n_true(planted.statements, place);
    working += fmt::format(" {} {}\n", n, n == planted.n_true ? "yes" : "no");
    if (n == planted.n_true) break;
  }
  return working;
}

GeneratedQuestion generate_boxes(int level, Draw& draw) {
  const size_t n = static_cast<size_t>(level) + 2;
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const Planted planted = draw_planted(draw.structure, n);
  const std::vector<std::string> colours = draw_colours(draw.numbers, n);
  std::string text = fill(skeleton.setting, listed(colours));
  for (size_t box = 0; box < n; ++box) text += " " + fill(skeleton.speaks, colours[box], told(planted.statements[box], box, skeleton, colours));
  text += fmt::format(" {} {}{}", fill(skeleton.truth, planted.n_true), skeleton.question, kAsk);
  return {std::move(text), colours[planted.prize], std::string(skeleton.name), static_cast<int>(n * n), work(planted, colours)};
}

// --- the second method

struct Sign {
  std::string_view words;
  std::vector<size_t> named; // places, in the order of the words
};

struct Puzzle {
  std::vector<std::string_view> colours;
  std::vector<Sign> signs;
  int64_t n_true = -1;
};

std::optional<Puzzle> read_puzzle(std::string_view text) {
  Puzzle puzzle;
  const size_t colon = text.find(": ");
  if (colon == text.npos) return std::nullopt;
  for (std::string_view word : words_of(text.substr(colon, text.find('.') - colon)))
    if (word != "and") puzzle.colours.push_back(word);
  for (size_t at = text.find(": \""); at != text.npos; at = text.find(": \"", at + 1)) {
    Sign sign{text.substr(at + 3, text.find(".\"", at) - at - 3), {}};
    for (std::string_view word : words_of(sign.words))
      if (auto it = std::find(puzzle.colours.begin(), puzzle.colours.end(), word); it != puzzle.colours.end())
        sign.named.push_back(static_cast<size_t>(it - puzzle.colours.begin()));
    if (sign.named.empty()) return std::nullopt;
    puzzle.signs.push_back(std::move(sign));
  }
  const size_t exactly = text.find("Exactly ");
  if (exactly == text.npos || puzzle.signs.empty()) return std::nullopt;
  puzzle.n_true = integers_in(text.substr(exactly)).at(0);
  return puzzle;
}

// Whether a sign has the truth value that is supposed for it.
bool agrees(const Sign& sign, unsigned truths, size_t box, size_t prize) {
  const bool supposed = (truths >> box & 1u) != 0;
  if (sign.words.starts_with("What ")) {
    const bool other = (truths >> sign.named[0] & 1u) != 0;
    return supposed == (sign.words.ends_with("true") ? other : !other);
  }
  const bool among = std::count(sign.named.begin(), sign.named.end(), prize) > 0;
  return supposed == (mentions(sign.words, " not ") ? !among : among);
}

std::optional<std::string> solve_boxes_text(std::string_view text) {
  auto puzzle = read_puzzle(text);
  if (!puzzle || puzzle->signs.size() != puzzle->colours.size()) return std::nullopt;
  const size_t n = puzzle->signs.size();
  std::optional<std::string> found;
  for (unsigned truths = 0; truths < 1u << n; ++truths) {
    if (__builtin_popcount(truths) != puzzle->n_true) continue;
    for (size_t prize = 0; prize < n; ++prize) {
      bool fits = true;
      for (size_t box = 0; box < n; ++box) fits = fits && agrees(puzzle->signs[box], truths, box, prize);
      if (fits && found) return std::nullopt;
      if (fits) found = std::string(puzzle->colours[prize]);
    }
  }
  return found;
}

} // namespace

const Family kBoxes = {
    .name = "boxes",
    .kind = "logic",
    .summary = "which box, when so many sentences are true",
    .levels = 4,
    .grader = "exact",
    .generate = generate_boxes,
    .solve_text = solve_boxes_text,
    .distractors = {"All of them are {} centimetres high.", "They were painted {} days ago."},
};

} // namespace proctor
