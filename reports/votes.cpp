// SPDX-License-Identifier: MIT
#include "reports/votes.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace proctor {
namespace {

class UnionFind {
 public:
  explicit UnionFind(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), size_t{0}); }
  size_t root(size_t i) const {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }
  // The smaller index stays root, so that a class is named by its smallest key.
  void join(size_t a, size_t b) {
    const size_t one = root(a), other = root(b);
    parent_[std::max(one, other)] = std::min(one, other);
  }

 private:
  std::vector<size_t> parent_;
};

struct Joined {
  UnionFind sets;
  bool transitive = true;
};

Joined join_same(std::span<const Ballot> ballots, const Grader& grader) {
  const size_t n = ballots.size();
  Joined joined{UnionFind(n)};
  std::vector<std::pair<size_t, size_t>> different;
  for (size_t a = 0; a < n; ++a)
    for (size_t b = a + 1; b < n; ++b) {
      if (grader.same_answer({ballots[a].text, ballots[a].key}, {ballots[b].text, ballots[b].key}))
        joined.sets.join(a, b);
      else
        different.emplace_back(a, b);
    }
  joined.transitive = std::ranges::none_of(
      different, [&](auto pair) { return joined.sets.root(pair.first) == joined.sets.root(pair.second); });
  return joined;
}

struct Tally {
  int n = 0;
  int n_correct = 0;
};

} // namespace

Classes form_classes(std::vector<Ballot> ballots, const Grader* same) {
  std::ranges::sort(ballots, {}, &Ballot::key);
  Classes classes;
  classes.not_compared = same != nullptr && ballots.size() > kMaxComparedKeys;
  Joined joined{UnionFind(ballots.size())};
  if (same != nullptr && !classes.not_compared) joined = join_same(ballots, *same);
  classes.not_transitive = !joined.transitive;

  std::vector<Tally> tallies(ballots.size());
  for (size_t i = 0; i < ballots.size(); ++i) {
    Tally& tally = tallies[joined.sets.root(i)];
    tally.n += ballots[i].n;
    tally.n_correct += ballots[i].n_correct;
  }
  for (size_t i = 0; i < ballots.size(); ++i) {
    const auto [n, n_correct] = tallies[i];
    if (n == 0) continue;
    classes.rows.push_back({std::string(ballots[i].key), n, 2 * n_correct > n});
    classes.mixed = classes.mixed || (n_correct > 0 && n_correct < n);
  }
  std::ranges::stable_sort(classes.rows, std::greater<>{}, &VoteRow::n);
  return classes;
}

} // namespace proctor
