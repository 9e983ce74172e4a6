// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/graders/grade_text.h"

using namespace proctor;
using enum Verdict;

TEST_CASE("number: equal values and equal texts are correct") {
  for (auto [target, text] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"3.5", R"(\frac72)"},
           {"7/2", "3.5"},
           {"7/2", R"(3\frac{1}{2})"},
           {"7/2", "3 1/2"},
           {"50%", "50"},
           {"0.5", R"(50\%)"},
           {"50", R"(50\%)"},
           {"18", R"(\$18)"},
           {"18", "18 dollars"},
           {"1234", "1,234"},
           {"1234", "1{,}234"},
           {"1234", R"(1\,234)"},
           {"1.5e10", "15{,}000{,}000{,}000"},
           {"1200", R"(1.2 \times 10^3)"},
           {"1200", R"(1.2\times10^{3})"},
           {"0.00012", "1.2e-4"},
           {"-5", "−5"},
           {"-5", "-5"},
           {"5", "x = 5"},
           {"5", R"(x=\frac{10}{2}=5)"},
           {"-1/2", R"(-\frac{1}{2})"},
           {"-1/2", R"(\frac{-1}{2})"},
           {"-1/2", R"(\dfrac{-1}{2})"},
           {R"(\sqrt{2})", R"(\sqrt2)"},
           {R"(\frac{\sqrt{3}}{2})", R"(\dfrac{\sqrt3}{2})"},
           {"(1,2)", R"(\left(1, 2\right))"},
           {R"(\text{Evelyn})", "Evelyn"},
           {"x^2+1", "x^2 + 1"},
           {"10", R"(10\text{ cm})"},
           {"10", R"(10 \text{ cm}^2)"},
           {"10", R"(10\text{ miles per hour})"},
           {"2000000", "2 million"},
           {"-1800000000", "-1.8 billion"},
           {R"(90^\circ)", "90"},
           {"no solution", R"(\text{No solution})"},
           {".5", "0.5"},
           {"18", "€18"},
           {"18", "18 €"},
           {"12", "12 inches"},
           {"1/3", R"(\frac13)"},
           {"1/3", R"(\tfrac{1}{3})"},
           {"18.00", R"(\$18.00)"},
           {"2,125", "2125"},
           {"70,000", "70000"},
           {"0", "-0"},
           {R"(\frac{1}{2})", "1/2"},
           {R"(-\frac{3}{4})", "-3/4"},
           {"6", "$6$"},
           {R"(\sqrt{51})", R"(\sqrt{51})"},
           {R"(\frac{270}7\text{ degrees})", R"(\frac{270}{7})"},
           {R"(\frac{3}{2})", "1.5"},
           {R"(25\%)", "0.25"},
           {R"(12\text{ m/s})", "12"},
           {"5", "2^{2^{2^{2^{99}}}}=5"},
       }) {
    CAPTURE(target);
    CAPTURE(text);
    CHECK(grade_text("number", std::string(target), "\\boxed{" + std::string(text) + "}").verdict == correct);
  }
}

TEST_CASE("number: other values, lists and open expressions are incorrect") {
  for (auto [target, text] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"3.5", "3.6"},
           {"1/3", "0.333"},
           {"0.5", "50"},
           {"5", "5x"},
           {"5", "5 or 6"},
           {"5", R"(5\pi)"},
           {"5", "5, 6"},
           {"52", "5 2"},
           {"3", R"(\sqrt{3})"},
           {"1.41", R"(\sqrt{2})"},
           {"5", "2xy"},
           {"2", R"(2 \text{ and } 3)"},
           {"12", "1,2"},
           {"5", "0.05"},
           {"5", "1e999999999"},
       }) {
    CAPTURE(target);
    CAPTURE(text);
    CHECK(grade_text("number", std::string(target), "\\boxed{" + std::string(text) + "}").verdict == incorrect);
  }
}

TEST_CASE("number: answers in sentences and beside approximations are found") {
  for (auto [target, text] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {R"(\sqrt{2})", R"(The value is \boxed{\sqrt{2}} which is about \boxed{1.41})"},
           {R"(\sqrt{2})", R"(\boxed{\sqrt{2}} \approx \boxed{1.41})"},
           {"18", "A: $18"},
           {"18", "She makes $18 every day. The answer is $18."},
           {"18", "#### 18"},
       }) {
    CAPTURE(target);
    CAPTURE(text);
    CHECK(grade_text("number", std::string(target), std::string(text)).verdict == correct);
  }
}

TEST_CASE("number: an equation is compared as an equation, not by its right side") {
  std::string gold = "x^2-2y=1";
  CHECK(grade_text("number", gold, "\\boxed{x^{2} - 2y = 1}").verdict == correct);
  CHECK(grade_text("number", gold, "\\boxed{x^2+2y = 1}").verdict == incorrect);
  CHECK(grade_text("number", gold, "\\boxed{1}").verdict == incorrect);
}

TEST_CASE("number: the vote key is the reduced fraction") {
  auto key = [](std::string text) { return grade_text("number", "1", "\\boxed{" + text + "}").vote_key.value(); };
  CHECK(key("3.5") == "7/2");
  CHECK(key("\\frac{14}{4}") == "7/2");
  CHECK(key("350\\%") == "7/2");
  CHECK(key("1{,}000") == "1000");
  CHECK(key("\\sqrt2") == key("\\sqrt{2}"));
}

TEST_CASE("number: monstrous numbers are text, never a computation") {
  std::string nines(5000, '9'), deep(20000, '(');
  for (std::string text : {nines, deep, std::string("1e999999999"), std::string("10^{10^{10^{10}}} = 5x"),
                           std::string("1/0"), std::string("\\frac{1}{0}"), std::string("2^{99999}=x")}) {
    Grade grade = grade_text("number", "5", "\\boxed{" + text + "}");
    CHECK(grade.verdict == incorrect);
    CHECK_FALSE(grade.vote_key.value().empty());
    CHECK(grade.vote_key.value().size() < 400);
  }
}
