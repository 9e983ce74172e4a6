// SPDX-License-Identifier: MIT
// Family relations: who is somebody's grandparent, sibling, cousin? Each child has one parent in the story, and exactly
// one person stands in the asked relation. First method: the planted tree; second: a closure over relation matrices
// built from the printed sentences.
//
// Level = persons: 4, 6, 9, 12; level 1 asks for grandparents and grandchildren along a chain, later levels also for
// siblings, great-grandparents, aunts or uncles, nieces or nephews, cousins.
#include <algorithm>
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

constexpr size_t kNobody = 99;
using Tree = std::vector<size_t>; // the parent of each

enum class Relation { grandparent, grandchild, great_grandparent, sibling, parent_sibling, sibling_child, cousin };

constexpr std::array<std::string_view, 7> kRelations = {
    "grandparent", "grandchild", "great-grandparent", "brother or sister", "aunt or uncle", "niece or nephew", "cousin"};

size_t up(const Tree& tree, size_t person) { return person == kNobody ? kNobody : tree[person]; }

bool siblings(const Tree& tree, size_t a, size_t b) { return a != b && a != kNobody && b != kNobody && tree[a] != kNobody && tree[a] == tree[b]; }

// Whether `a` is the `relation` of `b`.
bool stands(const Tree& tree, Relation relation, size_t a, size_t b) {
  switch (relation) {
  case Relation::grandparent: return up(tree, up(tree, b)) == a;
  case Relation::grandchild: return up(tree, up(tree, a)) == b;
  case Relation::great_grandparent: return up(tree, up(tree, up(tree, b))) == a;
  case Relation::sibling: return siblings(tree, a, b);
  case Relation::parent_sibling: return siblings(tree, a, up(tree, b));
  case Relation::sibling_child: return siblings(tree, up(tree, a), b);
  case Relation::cousin: return siblings(tree, up(tree, a), up(tree, b));
  }
  return false;
}

std::vector<size_t> standing(const Tree& tree, Relation relation, size_t b) {
  std::vector<size_t> found;
  for (size_t a = 0; a < tree.size(); ++a)
    if (stands(tree, relation, a, b)) found.push_back(a);
  return found;
}

struct Planted {
  Tree tree;
  Relation relation = Relation::grandparent;
  size_t of = 0, answer = 0;
};

// Nobody has more than three children, so that generations come about.
Tree draw_tree(SplitMix64& random, size_t n) {
  Tree tree = {kNobody};
  std::vector<size_t> children(n, 0);
  while (tree.size() < n) {
    const size_t parent = draw_index(random, tree.size());
    if (children[parent] >= (n > 4 ? 3 : 2)) continue;
    ++children[parent];
    tree.push_back(parent);
  }
  return tree;
}

Planted draw_planted(SplitMix64& random, int level, size_t n) {
  const auto relation = static_cast<Relation>(random.below(level == 1 ? 2 : 7));
  for (;;) {
    Planted planted{draw_tree(random, n), relation, draw_index(random, n)};
    auto found = standing(planted.tree, relation, planted.of);
    if (found.size() != 1) continue;
    planted.answer = found[0];
    return planted;
  }
}

struct Skeleton {
  std::string_view name;
  std::string_view down, up; // parent, child; child, parent
  std::string_view question; // relation, person
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"parent", "{} is a parent of {}.", "{} is a child of {}.", "Who is the {} of {}?"},
    {"raised", "{} has a child named {}.", "{} was born to {}.", "Name the only {} of {}."},
    {"tree", "In the family tree {} stands right above {}.", "In the family tree {} stands right below {}.", "Who is the {} of {}?"},
}};

std::string work(const Planted& planted, const std::vector<std::string>& names) {
  std::string working;
  auto line = [&](size_t child) {
    if (child != kNobody && planted.tree[child] != kNobody)
      working += fmt::format("parent of {}: {}\n", names[child], names[planted.tree[child]]);
  };
  const bool from_answer = planted.relation == Relation::grandchild || planted.relation == Relation::sibling_child ||
                           planted.relation == Relation::cousin;
  size_t start = planted.of;
  for (int i = 0; i < 3 && start != planted.answer; ++i, start = up(planted.tree, start)) line(start);
  if (from_answer || planted.relation == Relation::sibling || planted.relation == Relation::parent_sibling) {
    line(planted.answer);
    if (from_answer) line(up(planted.tree, planted.answer));
  }
  return working + "so " + names[planted.answer] + "\n";
}

GeneratedQuestion generate_kin(int level, Draw& draw) {
  static constexpr std::array<size_t, 4> kPersons = {4, 6, 9, 12};
  const size_t n = kPersons.at(static_cast<size_t>(level - 1));
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const Planted planted = draw_planted(draw.structure, level, n);
  const std::vector<std::string> names = draw_names(draw.numbers, n);
  std::vector<std::string> facts;
  for (size_t child = 1; child < n; ++child) {
    const std::string& parent = names[planted.tree[child]];
    facts.push_back(draw.structure.below(2) == 0 ? proctor::fill(skeleton.down, parent, names[child]) : proctor::fill(skeleton.up, names[child], parent));
  }
  draw.structure.shuffle(facts);
  std::string text;
  for (const std::string& fact : facts) text += fact + " ";
  text += proctor::fill(skeleton.question, kRelations[static_cast<size_t>(planted.relation)], names[planted.of]);
  return {std::move(text), names[planted.answer], std::string(skeleton.name), static_cast<int>(n), work(planted, names)};
}

// --- the second method: relations as matrices

using Matrix = std::vector<std::vector<bool>>;

Matrix composed(const Matrix& a, const Matrix& b) {
  const size_t n = a.size();
  Matrix result(n, std::vector<bool>(n, false));
  for (size_t i = 0; i < n; ++i)
    for (size_t k = 0; k < n; ++k)
      for (size_t j = 0; a[i][k] && j < n; ++j)
        if (b[k][j]) result[i][j] = true;
  return result;
}

Matrix transposed(const Matrix& a) {
  Matrix result = a;
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < a.size(); ++j) result[j][i] = a[i][j];
  return result;
}

Matrix without_self(Matrix a) {
  for (size_t i = 0; i < a.size(); ++i) a[i][i] = false;
  return a;
}

struct Told {
  std::vector<std::string_view> names;
  std::vector<std::pair<size_t, size_t>> parents; // (parent, child)

  size_t index(std::string_view name) {
    auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) it = names.insert(it, name);
    return static_cast<size_t>(it - names.begin());
  }
};

std::optional<std::string> solve_kin_text(std::string_view text) {
  auto sentences = sentences_of(text);
  if (sentences.size() < 2) return std::nullopt;
  const std::string_view question = sentences.back();
  sentences.pop_back();
  Told told;
  for (std::string_view sentence : sentences) {
    auto words = words_of(sentence);
    if (words.front() == "In") words.erase(words.begin(), words.begin() + 4);
    if (words.size() < 3) return std::nullopt;
    size_t a = told.index(words.front()), b = told.index(words.back());
    if (mentions(sentence, "child of") || mentions(sentence, "born to") || mentions(sentence, "below")) std::swap(a, b);
    told.parents.emplace_back(a, b);
  }
  const size_t n = told.names.size();
  Matrix parent(n, std::vector<bool>(n, false));
  for (auto [a, b] : told.parents) parent[a][b] = true;
  const Matrix child = transposed(parent);
  const Matrix sibling = without_self(composed(child, parent));
  Matrix asked;
  if (mentions(question, "great-grandparent")) asked = composed(parent, composed(parent, parent));
  else if (mentions(question, "grandparent")) asked = composed(parent, parent);
  else if (mentions(question, "grandchild")) asked = composed(child, child);
  else if (mentions(question, "brother")) asked = sibling;
  else if (mentions(question, "aunt")) asked = composed(sibling, parent);
  else if (mentions(question, "niece")) asked = composed(child, sibling);
  else if (mentions(question, "cousin")) asked = composed(child, composed(sibling, parent));
  else return std::nullopt;
  const size_t of = told.index(words_of(question).back());
  if (of >= n) return std::nullopt;
  std::optional<std::string> found;
  for (size_t i = 0; i < n; ++i) {
    if (!asked[i][of]) continue;
    if (found) return std::nullopt;
    found = std::string(told.names[i]);
  }
  return found;
}

} // namespace

const Family kKin = {
    .name = "kin",
    .kind = "logic",
    .summary = "family relations among 4 to 12 persons",
    .levels = 4,
    .grader = "exact",
    .generate = generate_kin,
    .solve_text = solve_kin_text,
    .distractors = {"Their house has {} rooms.", "The last feast of the family was {} weeks ago."},
};

} // namespace proctor
