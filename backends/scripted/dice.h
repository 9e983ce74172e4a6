// SPDX-License-Identifier: MIT
#pragma once

// The scripted model's chance: a SplitMix64 stream and what it decides. A question also has a nature of its own: it
// is
// easier or harder than its size, and some hold a trap, a step that most attempts get wrong in the same way, so that
// a
// vote does not repair everything.

#include <cstdint>
#include <string>
#include <vector>

namespace proctor {

class Dice {
 public:
  // nature: a function of the question alone. slip: 0 makes no slips, traps or not.
  Dice(uint64_t seed, uint64_t nature, double slip);

  // True with the given probability.
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1p-53 < probability; }

  // A slip in a step that is `weight` times as hard as a step that takes thought.
  bool slip(double weight);

  // Of the slip just made: which of n ways it took, and whether it is noticed with this probability. One made in a
  // trap always goes the same way and is never noticed.
  int64_t slip_way(int64_t n) { return trapped_ ? trap_way_ % n : between(0, n - 1); }
  bool notices(double probability) { return !trapped_ && chance(probability); }

  // Uniform enough in [low, high]; this is no generator of questions.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }

 private:
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  uint64_t state_;
  double slip_;
  int64_t trap_at_ = 0; // which step; 0: no trap
  int64_t trap_way_ = 0;
  int64_t steps_ = 0;
  bool trapped_ = false; // the last slip was made in the trap
};

// What a reader made of a question.
struct Work {
  std::vector<std::string> lines; // the thinking
  std::string answer;
};

// The result of a step: right, slipped, or slipped and noticed ("wait"); writes `step = value` to lines.
int64_t write_step(Dice& dice, double weight, const std::string& step, int64_t right, Work& work);

} // namespace proctor
