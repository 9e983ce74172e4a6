// SPDX-License-Identifier: MIT
// Word problems: something is counted while it grows, shrinks, is packed, doubled and shared. The second method reads
// the sentences and moves one piece at a time.
//
// Level = steps: 1, 2, 3, 5.
#include <algorithm>
#include <fmt/format.h>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

enum class Step { gain, lose, packs, twice, share };

struct Skeleton {
  std::string_view name;
  std::string_view start; // amount
  std::array<std::string_view, 5> steps; // of every Step: one number, packs two (how many, of how many), twice none
  std::string_view question;
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"marbles",
     "{0} has {1} marbles.",
     {"{0} finds {1} more.", "{0} gives {1} away.", "{0} buys {1} bags of {2} marbles.", "Then {0} wins as many as {0} has.",
      "{0} puts them into {1} equal heaps and keeps one heap."},
     "How many marbles does {0} have now?"},
    {"bus",
     "{0} drives a bus with {1} people in it.",
     {"At the next stop {1} get on.", "At the next stop {1} get off.", "Now {1} groups of {2} get on.",
      "Then as many people get on as there are.", "They are split over {1} equal buses, and {0} drives one of these."},
     "How many people are in the bus of {0} now?"},
    {"tank",
     "The tank of {0} holds {1} litres.",
     {"{0} pours in {1} litres.", "{0} lets out {1} litres.", "{0} pours in {1} buckets of {2} litres.",
      "Then {0} fills in as much as there is.", "{0} shares it equally among {1} tanks and looks at one of them."},
     "How many litres are in that tank?"},
}};

struct Told {
  std::string text, working;
  int64_t amount = 0;
};

// Numbers for the steps; nullopt where an amount would not be whole or leave the range.
std::optional<Told> numbered(const std::vector<Step>& steps, const Skeleton& skeleton, SplitMix64& random) {
  const std::string name = draw_names(random, 1)[0];
  Told told;
  told.amount = random.between(5, 99);
  told.text = fill(skeleton.start, name, told.amount);
  for (Step step : steps) {
    const bool one_digit = step == Step::share || step == Step::packs;
    const int64_t k = one_digit ? random.between(2, 9) : random.between(3, 99), size = random.between(3, 30);
    auto note = [&](int64_t left, char op, int64_t right) { told.working += written_step(left, op, right) + "\n"; };
    if (step == Step::packs) note(size, '*', k);
    switch (step) {
    case Step::gain: note(told.amount, '+', k), told.amount += k; break;
    case Step::lose: note(told.amount, '-', k), told.amount -= k; break;
    case Step::packs: note(told.amount, '+', k * size), told.amount += k * size; break;
    case Step::twice: note(told.amount, '+', told.amount), told.amount *= 2; break;
    case Step::share:
      note(told.amount, '/', k);
      if (told.amount % k != 0) return std::nullopt;
      told.amount /= k;
    }
    if (told.amount < 1 || told.amount > 999) return std::nullopt;
    told.text += " " + fill(skeleton.steps[static_cast<size_t>(step)], name, k, size);
  }
  told.text += " " + fill(skeleton.question, name);
  return told;
}

GeneratedQuestion generate_story(int level, Draw& draw) {
  static constexpr std::array<int, 4> kSteps = {1, 2, 3, 5};
  static constexpr std::array kFirst = {Step::gain, Step::gain, Step::lose, Step::lose, Step::packs, Step::twice};
  static constexpr std::array kAny = {Step::gain, Step::lose, Step::packs, Step::twice, Step::share};
  const int n = kSteps.at(static_cast<size_t>(level - 1));
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  std::vector<Step> steps;
  for (int i = 0; i < n; ++i) {
    const Step step = i == 0 ? pick(draw.structure, kFirst) : pick(draw.structure, kAny);
    const bool shared_twice = std::count(steps.begin(), steps.end(), Step::share) == 2; // more would leave few numbers
    steps.push_back(step == Step::share && shared_twice ? Step::gain : step);
  }
  for (;;) {
    auto told = numbered(steps, skeleton, draw.numbers);
    if (told)
      return {told->text + std::string(kRange), std::to_string(told->amount), std::string(skeleton.name), n, told->working};
  }
}

// --- the second method

// Takes one piece after another for each of `groups`, as long as every group can have one.
int64_t dealt(int64_t amount, int64_t groups) {
  int64_t heap = 0;
  for (; amount >= groups; ++heap)
    for (int64_t group = 0; group < groups; ++group) --amount;
  return amount == 0 ? heap : -1;
}

std::optional<std::string> solve_story_text(std::string_view text) {
  int64_t amount = -1;
  for (std::string_view sentence : sentences_of(text)) {
    auto numbers = integers_in(sentence);
    const bool doubles = mentions(sentence, "as many") || mentions(sentence, "as much");
    if (numbers.empty() && !doubles) continue;
    if (amount < 0) {
      amount = numbers[0];
      continue;
    }
    int64_t pieces = doubles ? amount : 0;
    if (numbers.size() == 2)
      for (int64_t pack = 0; pack < numbers[0]; ++pack) pieces += numbers[1];
    else if (!numbers.empty())
      pieces = numbers[0];
    if (mentions(sentence, "equal"))
      amount = dealt(amount, pieces);
    else
      for (int64_t i = 0; i < pieces; ++i)
        amount += mentions(sentence, "away") || mentions(sentence, "get off") || mentions(sentence, "lets out") ? -1 : 1;
    if (amount < 0) return std::nullopt;
  }
  if (amount < 0) return std::nullopt;
  return std::to_string(amount);
}

} // namespace

const Family kStory = {
    .name = "story",
    .kind = "maths",
    .summary = "word problems about a count",
    .levels = 4,
    .grader = "aime",
    .generate = generate_story,
    .solve_text = solve_story_text,
    .distractors = {"A neighbour, who has nothing to do with it, is {} years old.", "The street has {} houses."},
};

} // namespace proctor
