// SPDX-License-Identifier: MIT
// Counting members of overlapping groups. First method: the planted numbers of every region; second: inclusion and
// exclusion, or one person at a time where the numbers are told as such.
//
// Level: 1 two groups, how many in none (to 99 people), 2 two groups, in exactly one, 3 three groups, in none, 4 three
// groups, in exactly one or exactly two.
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Skeleton {
  std::string_view name;
  std::string_view all;  // people
  std::string_view one;  // how many, of which
  std::string_view both; // how many, of which two
  std::string_view three;
  std::array<std::string_view, 3> groups;
  std::string_view question; // "none of these", ...
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"drinks", "In a club of {} people", "{} like {}", "{} like both {} and {}", "{} like all three", {"tea", "coffee", "juice"},
     "How many like {}?"},
    {"languages", "Of {} travellers", "{} speak {}", "{} speak both {} and {}", "{} speak all three", {"Spanish", "Greek", "Thai"},
     "How many speak {}?"},
    {"games", "In a school of {} children", "{} play {}", "{} play both {} and {}", "{} play all three", {"chess", "tennis", "drums"},
     "How many play {}?"},
}};

constexpr std::array<std::string_view, 3> kAsked = {"none of these", "exactly one of these", "exactly two of these"};

using Regions = std::array<int64_t, 8>; // by the bits of the groups

int64_t in_groups(const Regions& regions, unsigned mask) {
  int64_t n = 0;
  for (unsigned region = 0; region < 8; ++region)
    if ((region & mask) == mask) n += regions[region];
  return n;
}

int64_t in_exactly(const Regions& regions, int groups) {
  int64_t n = 0;
  for (unsigned region = 0; region < 8; ++region)
    if (__builtin_popcount(region) == groups) n += regions[region];
  return n;
}

std::string work_two(int64_t all, int64_t a, int64_t b, int64_t both, bool none) {
  if (none) return fmt::format("{}\n{}\n{}\n", written_step(a, '+', b), written_step(a + b, '-', both), written_step(all, '-', a + b - both));
  return fmt::format("{}\n{}\n{}\n", written_step(a, '-', both), written_step(b, '-', both), written_step(a - both, '+', b - both));
}

GeneratedQuestion generate_survey(int level, Draw& draw) {
  static constexpr std::array<int, 4> kEffort = {3, 4, 7, 10};
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const int asked = level == 1 || level == 3 ? 0 : level == 2 ? 1 : 1 + static_cast<int>(draw.structure.below(2));
  const int groups = level <= 2 ? 2 : 3;
  Regions regions{};
  for (unsigned region = 0; region < 1u << groups; ++region)
    regions[region] = draw.numbers.between(2, level == 1 ? 40 : level == 2 ? 60 : 99);
  const int64_t all = in_groups(regions, 0);
  std::string text = fill(skeleton.all, all);
  std::string_view comma = ", ";
  for (unsigned mask : {1u, 2u, 4u, 3u, 5u, 6u, 7u}) {
    if (mask >= 1u << groups) continue;
    const int64_t n = in_groups(regions, mask);
    const bool first = mask & 1u;
    text += comma;
    if (mask == 1 || mask == 2 || mask == 4)
      text += fill(skeleton.one, n, skeleton.groups[mask / 2]);
    else if (mask == 7)
      text += fill(skeleton.three, n);
    else
      text += fill(skeleton.both, n, skeleton.groups[first ? 0 : 1], skeleton.groups[mask == 3 ? 1 : 2]);
  }
  text += ". " + fill(skeleton.question, kAsked[static_cast<size_t>(asked)]);
  std::string working;
  if (level <= 2) working = work_two(all, in_groups(regions, 1), in_groups(regions, 2), in_groups(regions, 3), asked == 0);
  return {text + std::string(kRange), std::to_string(in_exactly(regions, asked)), std::string(skeleton.name),
          kEffort.at(static_cast<size_t>(level - 1)), std::move(working)};
}

std::optional<std::string> solve_survey_text(std::string_view text) {
  auto n = integers_in(text);
  const bool none = mentions(text, kAsked[0]), one = mentions(text, kAsked[1]);
  if (n.size() == 4) return std::to_string(none ? n[0] - (n[1] + n[2] - n[3]) : n[1] + n[2] - 2 * n[3]);
  if (n.size() != 8) return std::nullopt;
  const int64_t singles = n[1] + n[2] + n[3], pairs = n[4] + n[5] + n[6], triple = n[7];
  if (none) return std::to_string(n[0] - (singles - pairs + triple));
  return std::to_string(one ? singles - 2 * pairs + 3 * triple : pairs - 3 * triple);
}

} // namespace

const Family kSurvey = {
    .name = "survey",
    .kind = "logic",
    .summary = "members of overlapping groups",
    .levels = 4,
    .grader = "aime",
    .generate = generate_survey,
    .solve_text = solve_survey_text,
    .distractors = {"The oldest of all is {} years old.", "The house they meet in has {} windows."},
};

} // namespace proctor
