// SPDX-License-Identifier: MIT
// Mathematical equality: tables of what is equal and what is not, and laws that hold for every pair.
#include "graders/math/math_equal.h"

#include <doctest/doctest.h>
#include <thread>

#include "graders/math/math_extract.h"

using namespace proctor;
using namespace proctor::math;
using enum Equality;

namespace {

using Pairs = std::initializer_list<std::pair<std::string, std::string>>;

Equality verdict(const std::string& gold, const std::string& pred) {
  return math_equal(gold, pred, Policies()).equality;
}

void check(const Pairs& pairs, Equality wanted) {
  for (const auto& [gold, pred] : pairs) {
    INFO(gold, " against ", pred, ": ", math_equal(gold, pred, Policies()).certificate);
    CHECK(verdict(gold, pred) == wanted);
  }
}

// Answers of every shape, none equal to another.
const std::vector<std::string> kGolds = {"7",
                                         "-12",
                                         "1024",
                                         R"(\frac{3}{7})",
                                         R"(-\frac{22}{9})",
                                         "3.125",
                                         R"(0.\overline{27})",
                                         R"(\sqrt{5})",
                                         R"(\frac{1+\sqrt5}{2})",
                                         R"(2\pi)",
                                         R"(e^{2})",
                                         R"(\ln 3)",
                                         R"(3+4i)",
                                         R"(\sqrt[3]{7})",
                                         "x^2-3x+2",
                                         R"(\frac{x+1}{x-1})",
                                         R"(\sin x \cos x)",
                                         "(1,2)",
                                         R"((3,\frac12,-1))",
                                         R"(\{1,4,9\})",
                                         "2, 5, 8",
                                         "[0,3)",
                                         R"((-\infty,2]\cup(5,\infty))",
                                         "x<4",
                                         "y=3x-2",
                                         R"(\begin{pmatrix}1&2\\3&4\end{pmatrix})",
                                         R"(52_8)",
                                         "3:5",
                                         R"(15\text{ cm})",
                                         R"(37\%)",
                                         R"(45^\circ)",
                                         R"(\text{Tuesday})",
                                         "4:30",
                                         R"(\pm 6)",
                                         R"(\binom{10}{3}+1000)"};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

} // namespace

TEST_CASE("math: certain equalities") {
  check({{R"(\sqrt{5+2\sqrt6})", R"(\sqrt2+\sqrt3)"},
         {R"(\frac{\log 8}{\log 2})", "3"},
         {R"(\sin 10^\circ \sin 50^\circ \sin 70^\circ)", R"(\frac18)"},
         {R"(16\arctan\frac15-4\arctan\frac{1}{239})", R"(\pi)"},
         {R"(2^{100})", "1267650600228229401496703205376"},
         {R"(0.\overline{3})", R"(\frac13)"},
         {R"(1.2\times10^{3})", "1200"},
         {R"(1e-5)", "0.00001"},
         {R"(7!!)", "105"},
         {R"(\cosh(at))", R"(\frac{e^{at}+e^{-at}}{2})"},
         {R"(\gcd(12,18))", "6"},
         {R"(\operatorname{lcm}(4x, 6))", "12x"},
         {R"(\operatorname{lcm}(\sqrt5,\sqrt2))", R"(\sqrt{10})"},
         {R"(A \cup B)", R"(B \cup A)"},
         {R"(\{x \mid x > 3\})", R"((3,\infty))"},
         {"x \\le 1", "-x \\ge -1"},
         {R"(\frac{1}{2\sin\frac{\pi}{26}}})", R"(\frac{1}{2\sin(\pi/26)})"}},
        equal);
}

TEST_CASE("math: nothing is close") {
  check({{R"(\sqrt2)", R"(\sqrt2+10^{-20})"},
         {"1.0000001", "1.0000002"},
         {R"(\frac{1}{2004!})", R"(\frac{1}{2006!})"},
         {R"(e^{\pi\sqrt{163}})", "262537412640768744"},
         {"100000000000", "99999999999"},
         {"15", "1 5"},
         {"30", R"(-3 \, 0)"},
         {R"(13\pi R^2)", R"(13\pi r^2)"},
         {"(1,2]", "[1,2)"},
         {"(2,1)", "(1,2)"},
         {"7=11a+c", "11a+c"},
         {"n=3k", "3"},
         {R"(\sqrt{x^2})", "x"}},
        different);
}

TEST_CASE("math: what nobody computed is unknown, not different") {
  check({{"1", R"(\int_0^1 2x dx)"}, {R"(\frac{\pi^2}{6})", R"(\sum_{k=1}^{\infty} \frac{1}{k^2})"}}, unknown);
}

TEST_CASE("math: every answer equals itself, however it is typeset") {
  for (const std::string& gold : kGolds) {
    INFO(gold);
    CHECK(verdict(gold, gold) == equal);
    CHECK(verdict(gold, " $" + gold + "$ ") == equal);
    CHECK(verdict(gold, "\\displaystyle " + gold) == equal);
    CHECK(verdict(gold, replaced(gold, "\\frac", "\\dfrac")) == equal);
    CHECK(verdict(gold, replaced(replaced(gold, "(", "\\left("), ")", "\\right)")) == equal);
    CHECK(verdict(gold, replaced(gold, ",", " , ")) == equal);
    auto boxed = extract_math("So the answer is \\boxed{" + gold + "}.", gold, AnswerForm::any, Policies());
    REQUIRE(boxed);
    CHECK(judge_answer(gold, boxed->text, Policies()).equality == equal);
  }
}

TEST_CASE("math: different answers differ, in both directions") {
  for (const std::string& a : kGolds)
    for (const std::string& b : kGolds) {
      INFO(a, " against ", b);
      CHECK((verdict(a, b) == equal) == (&a == &b));
    }
}

TEST_CASE("math: a small change is seen") {
  for (const std::string& gold : kGolds) {
    if (gold.find_first_of(",:<=_t{]") != gold.npos && gold.find("frac") == gold.npos &&
        gold.find("sqrt") == gold.npos)
      continue;
    if (gold[0] == '(' || gold.find("infty") != gold.npos || gold.find("pm") != gold.npos) continue;
    INFO(gold);
    CHECK(verdict(gold, gold + "+1") != equal);
    CHECK(verdict(gold, "-(" + gold + ")") != equal);
    CHECK(verdict(gold, "2(" + gold + ")") != equal);
    CHECK(verdict(gold, gold + "+10^{-9}") != equal);
    CHECK(verdict(gold, gold + "+10^{-30}") != equal);
  }
}

TEST_CASE("math: bombs end in a verdict") {
  auto nested = [](const std::string& open, const std::string& close, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += open;
    text += "1";
    for (int i = 0; i < n; ++i) text += close;
    return text;
  };
  std::vector<std::string> bombs = {std::string(5000, '9'),
                                    nested("(", ")", 3000),
                                    nested("\\frac{1}{", "}", 2000),
                                    nested("2^{", "}", 700),
                                    "10^{10^{10^{10}}}",
                                    "1000000!",
                                    "((99999!)!)!",
                                    "\\binom{1000000}{500000}",
                                    "\\sum_{k=1}^{10^{12}} k",
                                    nested("\\sqrt{", "}", 900),
                                    nested("x:", "", 20000),
                                    nested("|", "|", 5000),
                                    nested("-", "", 50000),
                                    nested("\\sin ", "", 9000),
                                    nested("x^", "", 9000),
                                    nested("{", "}", 9000),
                                    "(x+y+z+w)^{200}",
                                    "0.1^{100000}",
                                    "1e999999999",
                                    "\\gcd(10^{5000}!, 7)",
                                    "\\tan(10^{100000})",
                                    "e^{e^{e^{e^{e}}}}",
                                    "3^{3^{3^3}} \\mod 7"};
  for (const std::string& bomb : bombs) {
    INFO(bomb.substr(0, 60));
    CHECK(verdict("x+3", bomb) != equal);
    CHECK(verdict(bomb, "x+3") != equal);
    extract_math(bomb, "1", AnswerForm::any, Policies());
  }
  CHECK(verdict("2024^{4046}", "2024^{4046}") == equal);
  CHECK(verdict("10^{10^{10^{10}}}", "10^{10^{10^{11}}}") != equal);
}

TEST_CASE("math: threads do not disturb each other") {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 3; ++round)
        for (const std::string& gold : kGolds) wrong += verdict(gold, "\\displaystyle " + gold) == equal ? 0 : 1;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
