// SPDX-License-Identifier: MIT
// Truth-tellers and liars: everyone says one thing, and exactly one assignment of the 2^n makes the truth-tellers' words
// true and the liars' false. The answer is the initials of the truth-tellers. First method: a table of all assignments;
// second: persons one after another, from the printed sentences, dropping what is contradicted.
//
// Level = persons: 2, 3, 4, 6, with counting statements from 4 on.
#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

enum class Claim { is_true, is_liar, same, differ, one_liar, count };

struct Statement {
  Claim claim = Claim::is_true;
  size_t a = 0, b = 0; // persons
  size_t count = 0;
};

using Assignment = unsigned; // bit i: person i tells the truth

bool tells(Assignment assignment, size_t person) { return (assignment >> person & 1u) != 0; }

bool holds(const Statement& statement, Assignment assignment) {
  const bool a = tells(assignment, statement.a), b = tells(assignment, statement.b);
  switch (statement.claim) {
  case Claim::is_true: return a;
  case Claim::is_liar: return !a;
  case Claim::same: return a == b;
  case Claim::differ: return a != b;
  case Claim::one_liar: return !a || !b;
  case Claim::count: return static_cast<size_t>(std::popcount(assignment)) == statement.count;
  }
  return false;
}

// The first person whose words do not fit.
std::optional<size_t> contradicted(const std::vector<Statement>& statements, Assignment assignment) {
  for (size_t i = 0; i < statements.size(); ++i)
    if (holds(statements[i], assignment) != tells(assignment, i)) return i;
  return std::nullopt;
}

std::vector<Assignment> fitting(const std::vector<Statement>& statements) {
  std::vector<Assignment> found;
  for (Assignment assignment = 0; assignment < 1u << statements.size(); ++assignment)
    if (!contradicted(statements, assignment)) found.push_back(assignment);
  return found;
}

Statement draw_statement(SplitMix64& random, size_t n, size_t speaker) {
  static constexpr std::array kClaims = {Claim::is_true, Claim::is_liar, Claim::is_liar, Claim::same,
                                         Claim::differ,  Claim::one_liar, Claim::count};
  Statement statement;
  do statement.claim = pick(random, kClaims);
  while (n < 4 && statement.claim == Claim::count);
  const bool pair = statement.claim == Claim::one_liar || ((statement.claim == Claim::same || statement.claim == Claim::differ) && n > 2);
  statement.a = (speaker + 1 + draw_index(random, n - 1)) % n;
  statement.b = speaker;
  while (pair && n > 2 && (statement.b == statement.a || statement.b == speaker)) statement.b = draw_index(random, n);
  statement.count = draw_index(random, n + 1);
  return statement;
}

std::vector<Statement> draw_statements(SplitMix64& random, size_t n) {
  for (;;) {
    std::vector<Statement> statements;
    for (size_t i = 0; i < n; ++i) statements.push_back(draw_statement(random, n, i));
    if (fitting(statements).size() == 1) return statements;
  }
}

struct Skeleton {
  std::string_view name;
  std::string_view setting; // names
  std::string_view one, many; // of truth-tellers
  std::string_view liar;
  std::string_view question;
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"island", "On an island knights always tell the truth and knaves always lie. You meet {}.", "a knight", "knights", "a knave",
     "Who are the knights?"},
    {"robots", "Good robots only say what is true, broken robots only what is false. There are {}.", "good", "good robots", "broken",
     "Which robots are good?"},
    {"agents", "Saints never lie, spies always do. At the table sit {}.", "a saint", "saints", "a spy", "Who are the saints?"},
}};

constexpr std::string_view kAsk = " Answer with their initials in alphabetical order, without spaces, or with the word none.";

std::string told(const Statement& statement, const Skeleton& skeleton, const std::vector<std::string>& names) {
  const std::string& a = names[statement.a];
  const std::string& b = names[statement.b];
  switch (statement.claim) {
  case Claim::is_true: return fmt::format("{} is {}", a, skeleton.one);
  case Claim::is_liar: return fmt::format("{} is {}", a, skeleton.liar);
  case Claim::same: return fmt::format("{} and {} are of the same kind", a, b);
  case Claim::differ: return fmt::format("{} and {} are of different kinds", a, b);
  case Claim::one_liar: return fmt::format("{} is {} or {} is {}", a, skeleton.liar, b, skeleton.liar);
  case Claim::count: return fmt::format("Exactly {} of us are {}", statement.count, skeleton.many);
  }
  return {};
}

std::string initials(Assignment assignment, const std::vector<std::string>& names) {
  std::string letters;
  for (size_t i = 0; i < names.size(); ++i)
    if (tells(assignment, i)) letters += names[i][0];
  std::sort(letters.begin(), letters.end());
  return letters.empty() ? "none" : letters;
}

// Every assignment up to the one that fits, and whose words speak against the others.
std::string work(const std::vector<Statement>& statements, const std::vector<std::string>& names) {
  std::string working;
  for (Assignment assignment = 0; assignment < 1u << names.size(); ++assignment) {
    for (size_t i = 0; i < names.size(); ++i) working += fmt::format("{}{}{}", i == 0 ? "" : " ", names[i][0], tells(assignment, i) ? "+" : "-");
    auto against = contradicted(statements, assignment);
    if (!against) return working + ": fits, " + initials(assignment, names) + "\n";
    working += fmt::format(": {} says what is {}\n", names[*against], tells(assignment, *against) ? "false" : "true");
  }
  return working;
}

GeneratedQuestion generate_knights(int level, Draw& draw) {
  static constexpr std::array<size_t, 4> kPersons = {2, 3, 4, 6};
  const size_t n = kPersons.at(static_cast<size_t>(level - 1));
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const std::vector<Statement> statements = draw_statements(draw.structure, n);
  const std::vector<std::string> names = draw_names(draw.numbers, n);
  std::string text = fill(skeleton.setting, listed(names));
  for (size_t i = 0; i < n; ++i) text += fmt::format(" {} says: \"{}.\"", names[i], told(statements[i], skeleton, names));
  text += fmt::format(" {}{}", skeleton.question, kAsk);
  return {std::move(text), initials(fitting(statements)[0], names), std::string(skeleton.name), 1 << n,
          level <= 2 ? work(statements, names) : ""};
}

// --- the second method: search that assigns one person after another

struct Spoken {
  size_t speaker;
  std::string_view words;
};

struct Puzzle {
  std::vector<std::string_view> names;
  std::vector<Spoken> spoken;
};

size_t index_of(const Puzzle& puzzle, std::string_view name) {
  return static_cast<size_t>(std::find(puzzle.names.begin(), puzzle.names.end(), name) - puzzle.names.begin());
}

std::optional<Puzzle> read_puzzle(std::string_view text) {
  Puzzle puzzle;
  for (size_t at = text.find(" says: \""); at != text.npos; at = text.find(" says: \"", at + 1)) {
    const size_t begin = text.rfind(' ', at - 1) + 1, words = at + 8;
    puzzle.names.push_back(text.substr(begin, at - begin));
    puzzle.spoken.push_back({puzzle.spoken.size(), text.substr(words, text.find('"', words) - words)});
  }
  if (puzzle.names.empty()) return std::nullopt;
  return puzzle;
}

// 1 true, 0 false, -1 not yet known. kinds: of every person, with -1 for not yet known.
int truth(const Puzzle& puzzle, std::string_view words, const std::vector<int>& kinds) {
  std::vector<int> named;
  for (std::string_view word : words_of(words))
    if (size_t i = index_of(puzzle, word); i < puzzle.names.size()) named.push_back(kinds[i]);
  auto liar = [](std::string_view part) { return mentions(part, "knave") || mentions(part, "broken") || mentions(part, "spy"); };
  if (words.starts_with("Exactly ")) {
    const auto open = std::count(kinds.begin(), kinds.end(), -1), good = std::count(kinds.begin(), kinds.end(), 1);
    const auto wanted = integers_in(words).at(0);
    if (open == 0) return good == wanted ? 1 : 0;
    return good > wanted || good + open < wanted ? 0 : -1;
  }
  if (named.size() == 2 && mentions(words, " or ")) {
    if (named[0] == 0 || named[1] == 0) return 1;
    return named[0] < 0 || named[1] < 0 ? -1 : 0;
  }
  if (std::count(named.begin(), named.end(), -1) > 0) return -1;
  if (named.size() == 2) return (named[0] == named[1]) == mentions(words, "same") ? 1 : 0;
  return (named.at(0) == 0) == liar(words) ? 1 : 0;
}

void search(const Puzzle& puzzle, std::vector<int>& kinds, std::vector<std::vector<int>>& found) {
  for (const Spoken& spoken : puzzle.spoken) {
    const int known = truth(puzzle, spoken.words, kinds);
    if (known >= 0 && kinds[spoken.speaker] >= 0 && known != kinds[spoken.speaker]) return;
  }
  auto open = std::find(kinds.begin(), kinds.end(), -1);
  if (open == kinds.end()) {
    found.push_back(kinds);
    return;
  }
  for (int kind : {0, 1}) {
    *open = kind;
    search(puzzle, kinds, found);
  }
  *open = -1;
}

std::optional<std::string> solve_knights_text(std::string_view text) {
  auto puzzle = read_puzzle(text);
  if (!puzzle) return std::nullopt;
  std::vector<int> kinds(puzzle->names.size(), -1);
  std::vector<std::vector<int>> found;
  search(*puzzle, kinds, found);
  if (found.size() != 1) return std::nullopt;
  std::string letters;
  for (size_t i = 0; i < puzzle->names.size(); ++i)
    if (found[0][i] == 1) letters += puzzle->names[i][0];
  std::sort(letters.begin(), letters.end());
  return letters.empty() ? "none" : letters;
}

} // namespace

const Family kKnights = {
    .name = "knights",
    .kind = "logic",
    .summary = "who tells the truth, 2 to 6 persons",
    .levels = 4,
    .grader = "exact",
    .generate = generate_knights,
    .solve_text = solve_knights_text,
    .distractors = {"It is day {} of the journey.", "The boat home leaves in {} minutes."},
};

} // namespace proctor
