// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/graders/grade_text.h"

using namespace proctor;
using enum Verdict;

namespace {

constexpr std::string_view kSolution = "(1) Mia is a knight\n(2) Leo is a knave\n(3) Zoe is a knight";

Question puzzle() {
  Question question = question_with(std::string(kSolution));
  question.metadata["names"] = {"Mia", "Leo", "Zoe"};
  return question;
}

} // namespace

TEST_CASE("knights and knaves: everybody's role is read from any layout") {
  for (std::string_view text : {
           "(1) Mia is a knight\n(2) Leo is a knave\n(3) Zoe is a knight",
           "Mia: knight\nLeo: knave\nZoe: knight",
           "Zoe - knight, Leo - knave, Mia - knight",
           "**Mia** is a **knight**, **Leo** is a **knave**, and **Zoe** is a **knight**.",
           "<answer>(1) Mia is a knight (2) Leo is a knave (3) Zoe is a knight</answer>",
           R"(\boxed{Mia = knight, Leo = knave, Zoe = knight})",
           "Suppose Mia is a knave. Then Zoe is a knave. Contradiction.\n\nCONCLUSION:\n"
           "(1) Mia is a knight\n(2) Leo is a knave\n(3) Zoe is a knight",
           "Mia is a knave? No.\nSo Mia and Zoe are knights, and Leo is a knave.",
           "Knights: Mia, Zoe\nKnaves: Leo",
           "**Knights:**\n- Mia\n- Zoe\n\n**Knaves:**\n- Leo",
           "| Mia | Knight |\n| Leo | Knave |\n| Zoe | Knight |",
           "Mia is not a knave. Leo is not a knight; Zoe is a knight",
           "Mia → knight; Leo → knave; Zoe → knight",
           "If Mia is a knave then Leo is a knight.\nMia is a knight.\nLeo is a knave.\nZoe is a knight.",
           R"(Mia is a \boxed{knight}, Leo is a \boxed{knave}, Zoe is a \boxed{knight})",
           "- Mia is a **Knight**.\n- Leo is a **Knave**.\n- Zoe is a **Knight**.",
           "Mia (knight), Leo (knave), Zoe (knight)",
           "Mia is a knave - contradiction. So:\nMia is a knight\nLeo is a knave\nZoe is a knight",
       }) {
    CAPTURE(text);
    CHECK(grade_text("knights_knaves", puzzle(), std::string(text)).verdict == correct);
  }
}

TEST_CASE("knights and knaves: a missing, double or wrong role is incorrect") {
  for (std::string_view text : {
           "Mia is a knight, Leo is a knave",
           "<answer>Mia is a knight, Mia is a knave, Leo is a knave, Zoe is a knight</answer>",
           "Mia is a knight or a knave, Leo is a knave, Zoe is a knight",
           "Mia is a knight/knave, Leo is a knight/knave, Zoe is a knight/knave",
           R"(\boxed{Mia is a knave, Leo is a knave, Zoe is a knight})",
           "<answer>42</answer>",
       }) {
    CAPTURE(text);
    CHECK(grade_text("knights_knaves", puzzle(), std::string(text)).verdict == incorrect);
  }
}

TEST_CASE("knights and knaves: without any role there is no answer") {
  for (std::string_view text : {
           "I do not know",
           "",
           "<answer></answer>",
       }) {
    CAPTURE(text);
    CHECK(grade_text("knights_knaves", puzzle(), std::string(text)).verdict == no_answer);
  }
}

TEST_CASE("knights and knaves: names and other role words come from the solution where nothing else says them") {
  CHECK(grade_text("knights_knaves", std::string(kSolution), std::string(kSolution)).verdict == correct);
  std::string target = "Mia is a laggard, and Leo is a pioneer.";
  CHECK(grade_text("knights_knaves", target, "<answer>Leo is a pioneer, Mia is a laggard</answer>").verdict ==
        correct);
  CHECK(grade_text("knights_knaves", target, "<answer>Leo is a laggard, Mia is a laggard</answer>").verdict ==
        incorrect);
  CHECK(grade_text("knights_knaves", "forty-two", "Mia is a knight").verdict == no_answer);
  CHECK(grade_text("knights_knaves", "forty-two", "<answer>Mia is a knight</answer>").verdict == not_graded);
}

TEST_CASE("knights and knaves: one assignment is one vote in any order") {
  auto key = [](std::string text) {
    return grade_text("knights_knaves", puzzle(), std::move(text)).vote_key.value();
  };
  CHECK(key("Zoe: knave, Leo: knave, Mia: knight") == "Mia=knight;Leo=knave;Zoe=knave");
}
