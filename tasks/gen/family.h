// SPDX-License-Identifier: MIT
#pragma once

// A family of generated questions: unlimited, never published, with one right answer that two independent methods
// agree on. A question is a function of its id; changing a family's wording or numbers is a new version of it.
// Everything here is pure and thread-safe.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/json.h"
#include "harness/question.h"
#include "harness/random.h"

namespace proctor {

// The random numbers of one question. Twins share `structure` (wording, operators, relations, who is told what) and
// draw `numbers` (numbers, names, letters) anew.
struct Draw {
  SplitMix64 structure;
  SplitMix64 numbers;
};

struct GeneratedQuestion {
  std::string text;   // without any request for a form of answer
  std::string answer; // "42", "Ada"; empty for a program
  std::string skeleton; // name of the wording
  int effort = 0;       // steps that the solver needs: grows with the level
  std::string working;  // reasoning that computes the answer in small steps; empty where a level has none

  // Of families whose answers are run (graders/code/code_grader.h says what `code` holds).
  Json code = {};
  std::string program = {}; // a right answer
  std::string wrong = {};   // a plausible answer that must fail
  std::string slow = {};    // right, but must run out of time; empty: none
};

struct Family {
  std::string_view name;    // "arith"
  std::string_view kind;    // "maths", "code", "logic"
  std::string_view summary; // one line
  int version = 1;
  int levels = 1;             // 1..levels, harder upwards
  std::string_view grader;    // a name of graders.h or code_graders.h
  AnswerForm form = AnswerForm::box;
  std::string_view shape = ""; // what an answer is made of, for the prompt
  GeneratedQuestion (*generate)(int level, Draw& draw) = nullptr;

  // Answers a question from its printed text alone, by another method than the generator's. nullopt: unreadable, or
  // more than one answer. Null where the second method is a program in another language (GeneratedQuestion::program).
  std::optional<std::string> (*solve_text)(std::string_view text) = nullptr;

  std::array<std::string_view, 2> distractors = {}; // sentences that change nothing, with {} for a number

  bool runs_code() const { return form == AnswerForm::code_block || form == AnswerForm::answer_tag; }
};

// Maths first, then code, then logic; as many of each.
std::span<const Family* const> families();
const Family* find_family(std::string_view name);

// The parts of "family@version/level/seed/index", then "/twinK" and "/noop" where they are asked for.
struct GeneratedId {
  std::string family;
  int version = 1;
  int level = 1;
  uint64_t seed = 0;
  uint64_t index = 0;
  int twin = 0;      // 1, 2, ...: the same structure with new numbers
  bool noop = false; // with a sentence that has nothing to do with the answer
  bool operator==(const GeneratedId&) const = default;
};

std::string to_string(const GeneratedId& id);

// nullopt for anything but the exact spelling that to_string writes.
std::optional<GeneratedId> parse_generated_id(std::string_view text);

// id: of this family, at one of its levels. The answer of a program is its tests' hash.
GeneratedQuestion generate(const Family& family, const GeneratedId& id);

} // namespace proctor
