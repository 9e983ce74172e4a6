// SPDX-License-Identifier: MIT
#pragma once

// A family of generated questions: unlimited, never published, with one right answer that two independent methods
// agree on. A question is a function of its id (family@version/level/seed/index); changing a family's wording or
// numbers is a new version of it. Everything here is pure and thread-safe.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace proctor {

struct GeneratedQuestion {
  std::string text; // without any request for a form of answer
  std::string answer;
  std::string cluster; // "family/skeleton": questions with the same wording
  int effort = 0;      // steps that the solver needs: grows with the level
};

struct Family {
  std::string_view name; // "arith"
  int version = 1;
  int levels = 1;          // 1..levels, harder upwards
  std::string_view grader; // a name of graders.h
  GeneratedQuestion (*generate)(int level, uint64_t seed, uint64_t index) = nullptr;

  // Answers a question from its printed text alone, by another method than the generator's. nullopt: unreadable,
  // or more than one answer.
  std::optional<std::string> (*solve_text)(std::string_view text) = nullptr;
};

// arith, trace, order.
std::span<const Family> families();
const Family* find_family(std::string_view name);

// The parts of "family@version/level/seed/index".
struct GeneratedId {
  std::string family;
  int version = 1;
  int level = 1;
  uint64_t seed = 0;
  uint64_t index = 0;
  bool operator==(const GeneratedId&) const = default;
};

std::string to_string(const GeneratedId& id);

// nullopt for anything but the exact spelling that to_string writes.
std::optional<GeneratedId> parse_generated_id(std::string_view text);

} // namespace proctor
