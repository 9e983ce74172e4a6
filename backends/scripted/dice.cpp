// SPDX-License-Identifier: MIT
#include "backends/scripted/dice.h"

#include <cstdlib>
#include <fmt/format.h>

namespace proctor {
namespace {

constexpr double kNoticed = 0.45; // of all slips
constexpr double kTraps = 0.3;    // of all questions; small questions may end before the trap
constexpr int64_t kDeepestTrap = 8;
constexpr double kFallsIn = 2.6; // times the slip probability

// Wrong as people are: one off, ten off, a sign lost.
int64_t slipped(Dice& dice, int64_t right) {
  switch (dice.slip_way(5)) {
  case 0: return right + 1;
  case 1: return right - 1;
  case 2: return right + 10;
  case 3: return right - 10;
  default: return right < 0 ? -right : right + 2 + dice.slip_way(8);
  }
}

} // namespace

Dice::Dice(uint64_t seed, uint64_t nature, double slip) : state_(nature), slip_(slip) {
  slip_ *= 0.6 + 0.1 * static_cast<double>(between(0, 8)); // 0.6 to 1.4 times
  if (chance(kTraps)) trap_at_ = between(1, kDeepestTrap);
  trap_way_ = between(0, 999);
  state_ = seed;
}

bool Dice::slip(double weight) {
  trapped_ = ++steps_ == trap_at_ && chance(slip_ * kFallsIn);
  return trapped_ || chance(slip_ * weight);
}

int64_t write_step(Dice& dice, double weight, const std::string& step, int64_t right, Work& work) {
  if (!dice.slip(weight)) {
    work.lines.push_back(fmt::format("{} = {}", step, right));
    return right;
  }
  int64_t wrong = slipped(dice, right);
  work.lines.push_back(fmt::format("{} = {}", step, wrong));
  if (!dice.notices(kNoticed)) return wrong;
  work.lines.push_back(fmt::format("Wait, let me check that again: {} = {}", step, right));
  return right;
}

} // namespace proctor
