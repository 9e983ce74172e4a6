// SPDX-License-Identifier: MIT
// Things change places: what is where at the end? First method: the whole row after every move; second: the asked place
// is followed backwards through the printed moves.
//
// Level = places and moves: 3 and 2, 4 and 4, 5 and 8, 6 and 14; from level 3 on the row is also turned round.
#include <algorithm>
#include <fmt/format.h>

#include "harness/text/ascii.h"
#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view setting; // things
  std::string_view swap;    // two places
  std::string_view reverse;
  std::string_view question; // place
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"cups", "Cups numbered from 1 hide these balls, in this order: {}.", "The balls under cups {} and {} are swapped.",
     "The whole row of balls is reversed.", "Which ball is under cup {}?"},
    {"shelf", "On a shelf stand, from place 1 on, books in these colours: {}.", "The books on places {} and {} change places.",
     "All books are put back in reverse order.", "Which colour stands on place {}?"},
    {"lanes", "Cars in these colours start in lanes 1, 2 and so on: {}.", "The cars in lanes {} and {} trade lanes.",
     "All cars are lined up in reverse order.", "Which colour is in lane {}?"},
}};

std::vector<std::string> draw_colours(SplitMix64& random, size_t n) {
  std::vector<std::string> colours = {"red",  "blue",  "green", "yellow", "black", "white", "brown", "pink",
                                      "gold", "grey",  "lime",  "navy",   "olive", "plum",  "rust",  "teal",
                                      "tan",  "amber", "coral", "cream",  "ivory", "lilac", "mauve", "ochre"};
  random.shuffle(colours);
  colours.resize(n);
  return colours;
}

std::string row_text(const std::vector<std::string>& row) { return fmt::format("{}", fmt::join(row, ", ")); }

GeneratedQuestion generate_swap(int level, Draw& draw) {
  static constexpr std::array<size_t, 4> kPlaces = {3, 4, 5, 6};
  static constexpr std::array<int, 4> kMoves = {2, 4, 8, 14};
  const size_t n = kPlaces.at(static_cast<size_t>(level - 1));
  const int moves = kMoves.at(static_cast<size_t>(level - 1));
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  std::vector<std::string> row = draw_colours(draw.numbers, n);
  std::string text = fill(skeleton.setting, row_text(row)), working;
  for (int move = 0; move < moves; ++move) {
    const bool reverse = level >= 3 && draw.structure.below(4) == 0;
    const size_t a = draw_index(draw.numbers, n), b = (a + 1 + draw_index(draw.numbers, n - 1)) % n;
    text += " " + (reverse ? std::string(skeleton.reverse) : fill(skeleton.swap, a + 1, b + 1));
    if (reverse)
      std::reverse(row.begin(), row.end());
    else
      std::swap(row[a], row[b]);
    working += row_text(row) + "\n";
  }
  const size_t asked = draw_index(draw.numbers, n);
  text += " " + fill(skeleton.question, asked + 1);
  working += fmt::format("{} {}\n", asked + 1, row[asked]);
  return {std::move(text), row[asked], std::string(skeleton.name), moves, std::move(working)};
}

std::optional<std::string> solve_swap_text(std::string_view text) {
  auto sentences = sentences_of(text);
  if (sentences.size() < 3) return std::nullopt;
  const size_t colon = sentences[0].rfind(':');
  auto asked = integers_in(sentences.back());
  if (colon == sentences[0].npos || asked.size() != 1) return std::nullopt;
  std::vector<std::string_view> row = words_of(sentences[0].substr(colon));
  int64_t place = asked[0];
  const auto n = static_cast<int64_t>(row.size());
  for (size_t i = sentences.size() - 1; i-- > 1;) {
    auto places = integers_in(sentences[i]);
    if (places.empty())
      place = n + 1 - place;
    else if (places.size() == 2 && (place == places[0] || place == places[1]))
      place = places[0] + places[1] - place;
  }
  if (place < 1 || place > n) return std::nullopt;
  return std::string(row[static_cast<size_t>(place - 1)]);
}

} // namespace

const Family kSwap = {
    .name = "swap",
    .kind = "logic",
    .summary = "what is where after some moves",
    .levels = 4,
    .grader = "exact",
    .generate = generate_swap,
    .solve_text = solve_swap_text,
    .distractors = {"Somebody has watched for {} minutes.", "The room is {} square metres large."},
};

} // namespace proctor
