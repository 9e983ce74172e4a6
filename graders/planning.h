// SPDX-License-Identifier: MIT
#pragma once

// Planning problems and plans in PlanBench's English (arXiv 2206.10498): blocks, the same blocks under other words
// (Mystery Blocksworld) and logistics. A plan is judged as VAL judges it, by executing it: every action must be
// possible where it stands, and the goal must hold at the end. Pure, any bytes.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace proctor {

enum class PlanDomain { blocks, mystery, logistics };

// Facts are atoms such as "on red blue"; objects are spelled as in the statement's English.
struct PlanProblem {
  PlanDomain domain = PlanDomain::blocks;
  std::set<std::string> state, goal;
  std::set<std::string> objects;
};

struct PlanStep {
  std::string action; // "pick-up", "drive-truck", ...; mystery actions under their block names
  std::vector<std::string> objects;
};

// The last "As initial conditions ... My goal ..." of a prompt. nullopt: no such statement, or one of another domain.
std::optional<PlanProblem> read_plan_problem(std::string_view prompt);

// The actions of an answer in order, of its part between [PLAN] and [PLAN END] where it has one. Of an answer's lists
// counts the last whose every item is one action, or the last at all; lists that begin where the one before ended go
// together. An answer without lists is read line by line. English, f(x, y), or PDDL with the letters that PlanBench
// encodes objects by.
std::vector<PlanStep> read_plan(std::string_view answer, const PlanProblem& problem);

// One action a line: "stack red blue".
std::string plan_text(const std::vector<PlanStep>& plan);

// What is wrong with the plan, in one line; empty: it reaches the goal.
std::string plan_flaw(const PlanProblem& problem, const std::vector<PlanStep>& plan);

} // namespace proctor
