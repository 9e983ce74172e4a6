// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "graders/planning.h"
#include "tests/graders/grade_text.h"

using namespace proctor;

namespace {

constexpr std::string_view kBlocks =
    "As initial conditions I have that, the red block is clear, the hand is empty, the red block is on top of the blue "
    "block, the blue block is on the table.\nMy goal is to have that the blue block is on top of the red block.\n";

constexpr std::string_view kMystery =
    "As initial conditions I have that, object a craves object b, harmony, planet object b and province object a.\n"
    "My goal is to have that object b craves object a.\n";

constexpr std::string_view kLogistics =
    "As initial conditions I have that, location_0_0 is an airport, location_1_0 is an airport, airplane_0 is at "
    "location_0_0, package_0 is at location_0_1, truck_0 is at location_0_0, location_0_0 is in the city city_0, "
    "location_0_1 is in the city city_0 and location_1_0 is in the city city_1.\n"
    "My goal is to have that package_0 is at location_1_0.\n";

Grade grade_plan(std::string_view statement, std::string text) {
  Question question = question_with("");
  question.metadata["statement"] = statement;
  return grade_text("plan", question, std::move(text));
}

std::string said(std::string_view statement, std::string text) {
  Grade grade = grade_plan(statement, std::move(text));
  return std::string(to_string(grade.verdict)) + ": " + grade.explanation;
}

constexpr const char* kRight = "correct: the plan reaches the goal";

} // namespace

TEST_CASE("a plan is judged by executing it, however it is written") {
  CHECK(said(kBlocks, "unstack the red block from on top of the blue block\nput down the red block\npick up the blue "
                      "block\nstack the blue block on top of the red block") == kRight);
  CHECK(said(kBlocks, "(unstack a b)\n(put-down a)\n(pick-up b)\n(stack b a)") == kRight);
  CHECK(said(kBlocks, "1. **Unstack** red from blue.\n2. Put the red block down.\n3. Pick blue up.\n4. Stack blue on red.") == kRight);
  CHECK(said(kBlocks, "- unstack(red, blue)\n- PutDown(red)\n- pick_up(blue)\n- Stack(blue, red)") == kRight);
  CHECK(said(kBlocks, "[PLAN]\nunstack red blue\nput down red\npick up blue\nstack blue red\n[PLAN END]\nThen unstack red blue.") == kRight);
}

TEST_CASE("what explains a list is no part of the plan") {
  const std::string plan = "1. Unstack red from blue.\n   - now the hand would stack red on blue again\n2. Put down red.\n"
                           "   (pick up red is what comes to mind)\n3. Pick up blue.\n4. Stack blue on red.\n";
  CHECK(said(kBlocks, plan) == kRight);
  CHECK(said(kBlocks, plan + "\nWhy:\n- First, unstack red from blue.\n- Its place is the table.\n- Stack blue on red.\n") == kRight);
  CHECK(said(kBlocks, "1. Pick up blue\n2. Stack blue on red\n\nNo, blue is not clear. So:\n\n" + plan) == kRight);
}

TEST_CASE("lists that go on where the one before ended are one plan") {
  CHECK(said(kBlocks, "Phase 1\n1. Unstack red from blue\n2. Put down red\n\nPhase 2\n1. Pick up blue\n2. Stack blue on red\n") == kRight);
}

TEST_CASE("a plan that cannot be carried out, or misses the goal, says at which step") {
  CHECK(said(kBlocks, "(pick-up b)\n(stack b a)") == "incorrect: step 1 (pick-up blue) needs \"clear blue\", which does not hold there");
  CHECK(said(kBlocks, "(unstack a b)\n(put-down a)") == "incorrect: after 2 steps \"on blue red\" does not hold");
  CHECK(grade_plan(kBlocks, "There is no such plan.").verdict == Verdict::no_answer);
  CHECK(grade_plan("Which way is north?", "(pick-up b)").verdict == Verdict::not_graded);
}

TEST_CASE("the same blocks under other words") {
  CHECK(said(kMystery, "feast object a from object b\nsuccumb object a\nattack object b\novercome object b from object a") == kRight);
  CHECK(said(kMystery, "(feast a b)\n(succumb a)\n(attack b)\n(overcome b a)") == kRight);
  CHECK(said(kMystery, "attack object b\novercome object b from object a").starts_with("incorrect: step 1"));
}

TEST_CASE("logistics: trucks stay in their city and airplanes on airports") {
  const std::string to_airport = "Drive truck_0 from location_0_0 to location_0_1 in city_0\nload package_0 into truck_0 at location_0_1\n"
                                 "drive truck truck_0 from location_0_1 in city_0 to location_0_0 in the same city\nunload package_0 from truck_0 at location_0_0\n";
  CHECK(said(kLogistics, to_airport + "load package_0 into airplane_0 at location_0_0\nfly airplane_0 from location_0_0 to location_1_0\n"
                                      "unload package_0 from airplane_0 at location_1_0") == kRight);
  CHECK(said(kLogistics, "(drive-truck t0 l0-0 l0-1 c0)\n(load-truck p0 t0 l0-1)\n(drive-truck t0 l0-1 l0-0 c0)\n(unload-truck p0 t0 l0-0)\n"
                         "(load-airplane p0 a0 l0-0)\n(fly-airplane a0 l0-0 l1-0)\n(unload-airplane p0 a0 l1-0)") == kRight);
  CHECK(said(kLogistics, "drive truck_0 from location_0_0 to location_1_0").find("in-city location_1_0 city_0") != std::string::npos);
  CHECK(said(kLogistics, "fly airplane_0 from location_0_0 to location_0_1").find("airport location_0_1") != std::string::npos);
  CHECK(said(kLogistics, "fly truck_0 from location_0_0 to location_1_0").find("wrong kind of vehicle") != std::string::npos);
}

TEST_CASE("equal plans vote together, however they are spelled") {
  Grade english = grade_plan(kBlocks, "pick up the blue block"), pddl = grade_plan(kBlocks, "(pick-up b)");
  REQUIRE(english.vote_key);
  CHECK(english.vote_key == pddl.vote_key);
  CHECK(english.vote_key != grade_plan(kBlocks, "(put-down b)").vote_key);
}
