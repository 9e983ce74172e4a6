// SPDX-License-Identifier: MIT
#pragma once

// Forms the classes of answers that one question's samples vote for. Pure; the grader's same_answer decides.

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/grader.h"
#include "reports/summary.h"

namespace proctor {

// Above so many distinct vote keys in one question, equal keys alone make a class: pairs grow with the square.
inline constexpr size_t kMaxComparedKeys = 256;

// Any extracted answer votes; what was cut off or not judged does not.
constexpr bool is_vote(Verdict verdict) {
  return verdict != Verdict::no_answer && verdict != Verdict::truncated && verdict != Verdict::not_graded;
}

// All samples of one question with one vote key.
struct Ballot {
  std::string_view key;
  std::string_view text; // the answer of one of them
  int n = 0;
  int n_correct = 0;
};

struct Classes {
  std::vector<VoteRow> rows;   // largest first, ties by answer; a class is correct when most of its samples are
  bool mixed = false;          // some class holds correct and incorrect samples
  bool not_transitive = false; // some class holds two answers that are not the same to the grader
  bool not_compared = false;   // too many keys: equal keys only
};

// Votes of the leader and of the runner-up; 0 where there is none.
inline std::pair<int, int> first_two(const Classes& classes) {
  const auto n = [&](size_t place) { return place < classes.rows.size() ? classes.rows[place].n : 0; };
  return {n(0), n(1)};
}

// Keys must differ. same: nullptr compares keys alone.
Classes form_classes(std::vector<Ballot> ballots, const Grader* same);

} // namespace proctor
