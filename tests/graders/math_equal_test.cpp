// SPDX-License-Identifier: MIT
// Mathematical equality: tables of what is equal and what is not, and laws that hold for every pair.
#include <doctest/doctest.h>
#include <functional>
#include <pthread.h>
#include <thread>

#include "graders/math/math_extract.h"
#include "tests/graders/math_pairs.h"

using namespace proctor;
using namespace proctor::math;
using enum Equality;

namespace {

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

TEST_CASE("math: decimals that recur, in every notation") {
  check({{R"(\frac16)", R"(0.1\overline{6})"},
         {R"(\frac16)", R"(0.1\bar6)"},
         {R"(\frac16)", "0.1666..."},
         {R"(\frac16)", "0.1(6)"},
         {R"(-\frac13)", "-0.(3)"},
         {R"(\frac13)", R"(0.\dot{3})"},
         {R"(\frac{142}{999})", R"(0.\dot{1}4\dot{2})"},
         {R"(\frac17)", R"(0.142857142857\ldots)"},
         {R"(\pi)", R"(3.14159265358979\ldots)"}},
        equal);
  for (auto [gold, pred] : {std::pair{R"(\frac{22}{9})", "2.44..."}, // it may go on as \sqrt6 does
                            {R"(\frac{22}{9})", "2.44"},
                            {"2.44", "2.44..."},
                            {R"(\pi)", "3.14..."},
                            {R"(\frac{47}{90})", "1+0.5(2)"},
                            {R"(\frac13)", "0.333"}})
    CHECK(verdict(gold, pred) != equal);
}

TEST_CASE("math: conjugates of numbers and names under accents") {
  check({{"3-4i", R"(\overline{3+4i})"}, {"3+4i", R"(\overline{\overline{3+4i}})"}, {R"(\vec{v})", R"(\vec v)"},
         {R"(\bar{x}+1)", R"(1+\bar x)"}, {"5", R"((1+2i)\overline{(1+2i)+0})"}},
        equal);
  check({{"3+4i", R"(\overline{3+4i})"}, {R"(\vec{v})", "v"}, {R"(\overline{AB})", "AB"}}, different);
}

TEST_CASE("math: products, powers, inverses and transposes of matrices") {
  const std::string m = R"(\begin{pmatrix}1&2\\3&4\end{pmatrix})";
  check({{R"(\begin{pmatrix}7&10\\15&22\end{pmatrix})", m + "^2"},
         {R"(\begin{pmatrix}-2&1\\\frac32&-\frac12\end{pmatrix})", m + "^{-1}"},
         {R"(\begin{pmatrix}1&3\\2&4\end{pmatrix})", m + "^T"},
         {R"(\begin{pmatrix}1&0\\0&1\end{pmatrix})", m + m + "^{-1}"}},
        equal);
  check({{m, m + "^2"}, {R"(\begin{pmatrix}-2&1\\\frac32&\frac12\end{pmatrix})", m + "^{-1}"}}, different);
  check({{R"(\begin{pmatrix}1&3\\2&4\end{pmatrix})", m + "^t"}, // a power by time
         {R"(\begin{pmatrix}1&3\\2&4\end{pmatrix})", m + "^{99}"}},
        unknown);
}

TEST_CASE("math: units are compared, prices have a currency, parts of a unit add up") {
  check({{R"(\$12)", "12 dollars"},
         {R"(\$12)", "1200 cents"},
         {R"(\$12)", "12"},
         {R"(\$12)", R"(\$12 \text{ per hour})"},
         {R"(200\text{ minutes})", R"(3\text{ hours }20\text{ minutes})"},
         {R"(200\text{ minutes})", R"(3\text{ hours and }20\text{ minutes})"},
         {R"(25^\circ C)", R"(25^\circ\text{C})"},
         {R"(25^\circ C, 77^\circ F)", R"(25^\circ\text{C} \text{ and } 77^\circ\text{F})"},
         {R"(25^\circ C)", "25"},
         {R"(6\text{ ways})", R"(6\text{ different ways})"}},
        equal);
  check({{R"(\$12)", "12 cents"},
         {R"(\$12)", R"(12\text{ cm})"},
         {R"(20\%)", R"(20\text{ cm})"},
         {R"(45^\circ)", R"(45\text{ cm})"},
         {R"(25^\circ C)", R"(25^\circ F)"},
         {R"(6\text{ apples})", R"(6\text{ oranges})"},
         {R"(200\text{ minutes})", R"(3\text{ hours}, 20\text{ minutes})"},
         {R"(5\text{ feet}, 6\text{ inches})", R"(66\text{ inches})"}},
        different);
}

TEST_CASE("math: numbers, parts and bases in words") {
  check({{R"(\frac23)", "two-thirds"},
         {R"(\frac12)", "one half"},
         {R"(\frac34)", "three quarters"},
         {"52_8", R"(52_{\text{eight}})"},
         {"52_8", "52 base eight"},
         {"52_8", "52 base 8"},
         {R"(x \equiv 3 \pmod{7})", R"(x \equiv 3 \pmod 7)"},
         {"2", R"(100 \bmod{7})"}},
        equal);
  for (auto [gold, pred] : {std::pair{"4", "twenty-fifth"}, {R"(\frac{20}{5})", "twenty-fifth"},
                            {R"(\frac32)", "three half"}, {"52_8", "52 base nine"}, {"52_8", R"(52_{\text{nine}})"}})
    CHECK(verdict(gold, pred) != equal);
}

TEST_CASE("math: upright letters, names with an inverse or a derivative, sets by their condition") {
  check({{"1+2i", R"(1+2\mathrm{i})"},
         {"2e^3", R"(2\mathrm{e}^{3})"},
         {R"(-1)", R"(\text{cis}(\pi))"},
         {R"(\frac{x-1}{2})", R"(f^{-1}(x)=\frac{x-1}{2})"},
         {R"(\frac{dy}{dx}=2x)", "2x"},
         {R"(\frac23)", R"(\frac23\approx0.667)"},
         {R"(\frac35)", "3 out of 5"},
         {"6", R"(\text{lcm}(2,3))"},
         {R"(\ln^2 x)", R"(\ln{\left(x \right)}^{2})"},
         {R"(\varnothing)", R"(\text{empty set})"},
         {"(1,2)", R"(\{x \in \mathbb{R} : 1 < x < 2\})"},
         {"(1,2)", R"(\{x : 1 < x < 2\})"},
         {"(3,4)", R"(\{x \in (0,4) \mid x > 3\})"}},
        equal);
  for (auto [gold, pred] : {std::pair{"(1,5)", R"(\{x \in \mathbb{Z} : 1 < x < 5\})"},
                            {R"(\frac{x-1}{2})", R"(f^{-1}(x)=\frac{x-1}{3})"},
                            {"1+2i", R"(1+2\mathrm{j})"},
                            {"0.667", R"(\frac23\approx0.667)"},
                            {"5", "3 out of 5"}})
    CHECK(verdict(gold, pred) != equal);
}

TEST_CASE("math: derivatives are carried out by the rules, or unknown") {
  check({{"2x", R"(\frac{d}{dx} x^2)"},
         {"2x+1", R"(\frac{d}{dx}(x^2)+1)"},
         {"6x", R"(\frac{d^2}{dx^2} x^3)"},
         {R"(2x\cos(x^2))", R"(\frac{d}{dx}\sin(x^2))"},
         {R"(\frac{1-x^2}{(x^2+1)^2})", R"(\frac{d}{dx}\left(\frac{x}{x^2+1}\right))"},
         {R"(x^x(\ln x+1))", R"(\frac{d}{dx} x^x)"},
         {R"(\frac{3}{2}\sqrt{x})", R"(\frac{d (x\sqrt{x})}{dx})"},
         {R"(3^x\ln 3)", "d/dx 3^x"},
         {"2ax", R"(\frac{d}{dx} ax^2)"},
         {"y", R"(\frac{\partial}{\partial x} xy)"},
         {"2x", R"(\frac{d}{dx} x^2 = 2x)"},
         {"2x", "dy/dx = 2x"},
         {R"(\frac{d}{c})", "d/c"}},
        equal);
  check({{"3x", R"(\frac{d}{dx} x^2)"}, {"2x", R"(\frac{d^2}{dx^2} x^3)"}, {"2x", R"(2\frac{dy}{dx}=2x)"}}, different);
  check({{"y", R"(\frac{d}{dx} xy)"}, // y may depend on x
         {"2x", R"(\frac{d}{dt} x^2)"},
         {"2x", R"(\frac{d}{dx} f(x))"},
         {"1", R"(\frac{d}{dx}|x|)"}},
        unknown);
}

TEST_CASE("math: options and labels") {
  check({{"BCD", "B, C, D"},
         {"BCD", R"(\text{D, B, and C})"},
         {"A, C", "AC"},
         {"ACD", "(A)(C)(D)"},
         {"12", R"(\textbf{(B)}\ 12)"},
         {"12", R"(\text{(B) }12)"},
         {R"(\textbf{(B)}\ 12)", "B"},
         {R"(\textbf{(B)}\ 12)", "12"},
         {R"(\frac12)", R"((D) \frac{1}{2})"},
         {"2", "A: 2"},
         {"3", "x: 3"}},
        equal);
  check({{"BCD", "B, C"},
         {"BCD", "B, C or D"},
         {"AB", "A or B"},
         {"ABC", "A, B, D"},
         {"12", "(B) 13"},
         {"C", "(B) 12"},
         {R"(\textbf{(B)}\ 12)", R"(\textbf{(C)}\ 12)"},
         {"2", "A: 3"},
         {"2", "A: A: 2"},
         {R"(\{A, B\})", R"(\{A, C\})"}},
        different);
}

TEST_CASE("math: words with or without the sentence and the noun around them") {
  check({{R"(\text{even})", R"(\text{Even function})"},
         {R"(\text{an odd number})", "odd"},
         {R"(\text{Monday})", "It is Monday."},
         {R"(\text{Monday})", R"(\text{The day is Monday})"},
         {R"(\text{yes})", "Yes, it is."},
         {R"(\text{No})", R"(\text{No, it isn't.})"},
         {R"(\text{neither})", "neither even nor odd"}},
        equal);
  check({{R"(\text{even})", "odd function"},
         {R"(\text{even function})", "even number"},
         {R"(\text{even})", "neither even nor odd"},
         {R"(\text{Monday})", "It is not Monday."},
         {R"(\text{Monday})", "None is Monday"},
         {R"(\text{Monday})", "The wrong day is Monday"},
         {R"(\text{yes})", "Yes, it is false"},
         {R"(\text{no})", "No number"},
         {R"(\text{prime})", "It is false that the number is prime"}},
        different);
}

TEST_CASE("math: a rounded value beside the exact one answers for whichever is asked") {
  check({{R"(\frac23)", R"(0.667 \approx \frac23)"},
         {R"(\sqrt2)", R"(x = 1.414 \approx \sqrt2)"},
         {"0.667", R"(0.667 \approx \frac23)"},
         {R"(-\frac23)", R"(-0.667 \approx -\frac23)"}},
        equal);
  check({{R"(\frac13)", R"(0.667 \approx \frac23)"},
         {"0.66", R"(0.667 \approx \frac23)"},
         {"0.667", R"(\frac23 \approx 0.667)"}},
        different);
}

TEST_CASE("math: an operation of the question's own names its value") {
  check({{"47", R"(5 \star 1 = 47)"}, {"47", R"(5\star1 = 45+2 = 47)"}, {"7", R"(7 = 3 \oplus 4)"}}, equal);
  check({{"46", R"(5 \star 1 = 47)"}, {"6", "3x=6"}}, different);
}

TEST_CASE("math: counts with the number in front of the letter") {
  check({{"10", R"({}^5C_2)"},
         {"10", R"({}_{5}C_{2})"},
         {"20", "^5P_2"},
         {R"(\binom{n}{2})", R"({}^{n}C_{2})"}},
        equal);
  check({{"20", R"({}^5C_2)"}}, different);
  CHECK(verdict("5", "{}^{5}") != equal);
}

namespace {

std::string nested(const std::string& open, const std::string& close, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += open;
  text += "1";
  for (int i = 0; i < n; ++i) text += close;
  return text;
}

// Runs a function on a thread with little stack.
void on_small_stack(std::function<void()> work) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr size_t kStack = 8 << 20; // their frames are larger
#else
  constexpr size_t kStack = 1 << 20;
#endif
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  REQUIRE(pthread_attr_setstacksize(&attributes, kStack) == 0);
  pthread_t thread;
  auto run = [](void* function) -> void* { return (*static_cast<std::function<void()>*>(function))(), nullptr; };
  REQUIRE(pthread_create(&thread, &attributes, run, &work) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

} // namespace

TEST_CASE("math: whatever nests, one megabyte of stack is enough") {
  const std::string one = R"(\begin{pmatrix}1\end{pmatrix})";
  for (auto [open, close] : std::initializer_list<std::pair<const char*, const char*>>{
           {"(", ")"},       {"-", ""},          {"\\sqrt{", "}"},  {"\\frac{1}{", "}"}, {"2^{", "}"},
           {"x^", ""},       {"\\sin ", ""},     {"f(", ")"},       {"\\{", "\\}"},      {"[0,", "]"},
           {"|", "|"},       {"1 \\pm ", ""},    {"{", "}"},        {"x_{", "}"},        {"x | ", ""},
           {"\\{x : ", "\\}"}, {"\\int ", ""},   {"\\sum_{k=1}^{2} ", ""}, {"1+2(", ")"}, {"a,(", ")"},
           {"\\frac{d}{dx} ", ""}, {one.c_str(), ""}, {"2 ", one.c_str()}, {"\\overline{1+", "}"}, {"{}^", "C_1"},
           {"negative ", ""}, {"all real numbers except ", ""}, {"]0,", "["}, {"\\begin{aligned}&", "\\end{aligned}"},
           {"\\left\\{\\begin{array}{l}", "\\end{array}\\right."}})
    for (int n : {10, 20, 25, 40, 50, 65, 90, 100, 150, 195, 400, 1000, 20000}) {
      std::string text = nested(open, close, n);
      INFO(open, " ", n, " times");
      Equality itself = different, other = equal;
      on_small_stack([&] {
        itself = verdict(text, text + " ");
        other = verdict("17", text);
        extract_math(text, "1", AnswerForm::any, Policies());
      });
      CHECK(itself != different);
      CHECK(other != equal);
    }
}

TEST_CASE("math: bombs end in a verdict") {
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
                                    "3^{3^{3^3}} \\mod 7",
                                    nested("\\overline{1+", "}", 90),
                                    nested("\\begin{pmatrix}1&x\\\\3&4\\end{pmatrix}", "", 40),
                                    nested("(", "\\begin{pmatrix}1&x\\\\3&4\\end{pmatrix})^8", 5)};
  for (const std::string& bomb : bombs) {
    INFO(bomb.substr(0, 60));
    CHECK(verdict("x+3", bomb) != equal);
    CHECK(verdict(bomb, "x+3") != equal);
    extract_math(bomb, "1", AnswerForm::any, Policies());
  }
  // steps that cannot be interrupted are not begun
  const std::string radicals = nested("\\frac{1}{1+\\sqrt{2+", "}}", 12);
  CHECK(math_equal(radicals + "+0", radicals, Policies()).certificate == "numeric(1e-270)");
  std::string list = "0";
  for (int i = 1; i < 1000; ++i) list += "," + std::to_string(i);
  CHECK(verdict("1", list) == different);
  CHECK(verdict("1", "\\frac{\\partial}{\\partial x}" + std::string(900, 'x')) == unknown);
  CHECK(verdict(nested("x", "", 4000), "1\\cdot " + nested("x", "", 4000)) != different);
  CHECK(verdict(nested("x^2", "", 1300), "x+3") != equal);
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
