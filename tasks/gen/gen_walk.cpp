// SPDX-License-Identifier: MIT
// Walks on a grid: where does it end? First method: one leg at a time with coordinates; second: from the printed
// sentences, one step at a time, turning a direction vector.
//
// Level = legs: 2 and 4 by compass direction, 4 and 8 with turns.
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

constexpr std::array<std::string_view, 4> kCompass = {"north", "east", "south", "west"};
constexpr std::array<int, 4> kEast = {0, 1, 0, -1}, kNorth = {1, 0, -1, 0};

struct Skeleton {
  std::string_view name;
  std::string_view start;  // direction, for levels with turns
  std::string_view go;     // steps, direction
  std::string_view ahead;  // steps
  std::string_view turn;   // left, right or around
  std::string_view question;
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"robot", "A robot starts at (0, 0).", "It moves {} {}.", "It moves {} ahead.", "It turns {}.", "Where is it?"},
    {"walker", "Someone stands at (0, 0).", "Then {} steps {}.", "Then {} steps forward.", "Then a turn {}.", "Where does the walk end?"},
    {"ship", "A ship leaves (0, 0).", "It sails {} miles {}.", "It sails {} miles on.", "It turns {}.", "Where is the ship now?"},
}};

constexpr std::string_view kAsk = " Answer with a pair (x, y): x counts to the east, y to the north.";

GeneratedQuestion generate_walk(int level, Draw& draw) {
  static constexpr std::array<int, 4> kLegs = {2, 4, 4, 8};
  static constexpr std::array<std::string_view, 4> kTurns = {"", "right", "around", "left"};
  const int legs = kLegs.at(static_cast<size_t>(level - 1));
  const bool turns = level >= 3;
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  size_t direction = draw_index(draw.structure, 4);
  std::string text(skeleton.start), working;
  if (turns) text += fmt::format(" It faces {}.", kCompass[direction]);
  int64_t x = 0, y = 0;
  for (int leg = 0; leg < legs; ++leg) {
    const int64_t steps = draw.numbers.between(1, level == 1 ? 30 : 20);
    if (turns && leg > 0) {
      const size_t turn = 1 + draw_index(draw.structure, 3);
      direction = (direction + turn) % 4;
      text += " " + fill(skeleton.turn, kTurns[turn]);
    } else if (!turns && leg > 0) {
      direction = (direction + 1 + draw_index(draw.structure, 3)) % 4;
    }
    text += " " + (turns ? fill(skeleton.ahead, steps) : fill(skeleton.go, steps, kCompass[direction]));
    x += kEast[direction] * steps, y += kNorth[direction] * steps;
    working += fmt::format("{} {}: ({}, {})\n", kCompass[direction], steps, x, y);
  }
  return {fmt::format("{} {}{}", text, skeleton.question, kAsk), fmt::format("({}, {})", x, y), std::string(skeleton.name),
          level == 1 ? 2 : legs + level, std::move(working)};
}

std::optional<std::string> solve_walk_text(std::string_view text) {
  if (!mentions(text, "(0, 0)")) return std::nullopt;
  int64_t east = 0, north = 0, ahead_east = 0, ahead_north = 0;
  for (std::string_view sentence : sentences_of(text.substr(0, text.find(" Answer with")))) {
    for (size_t i = 0; i < 4; ++i)
      if (mentions(sentence, kCompass[i])) ahead_east = kEast[i], ahead_north = kNorth[i];
    const bool right = mentions(sentence, " right"), left = mentions(sentence, " left");
    if (right) ahead_east = std::exchange(ahead_north, -ahead_east);
    if (left) ahead_north = std::exchange(ahead_east, -ahead_north);
    if (mentions(sentence, " around")) ahead_east = -ahead_east, ahead_north = -ahead_north;
    auto numbers = integers_in(sentence);
    if (numbers.size() != 1) continue;
    for (int64_t step = 0; step < numbers[0]; ++step) east += ahead_east, north += ahead_north;
  }
  return fmt::format("({}, {})", east, north);
}

} // namespace

const Family kWalk = {
    .name = "walk",
    .kind = "logic",
    .summary = "where a walk on a grid ends",
    .levels = 4,
    .grader = "math",
    .generate = generate_walk,
    .solve_text = solve_walk_text,
    .distractors = {"The map has {} sheets.", "A bird that watches is {} weeks old."},
};

} // namespace proctor
