// SPDX-License-Identifier: MIT
// One value in the spellings that people and models give it: percent, units, bases, words, layout.
#include "tests/graders/math_pairs.h"

using namespace proctor;
using namespace proctor::math;
using enum Equality;

TEST_CASE("math: a percent or degree sign belongs to the whole number before it") {
  check({{R"(0.5\%)", R"(1/2\%)"},
         {R"(12.5\%)", R"(25/2\%)"},
         {R"(12.5\%)", R"(12\frac12\%)"},
         {R"(12.5\%)", R"(12\frac{1}{2}\%)"},
         {R"(\frac18)", R"(12\frac12\%)"},
         {R"(-12.5\%)", R"(-12\frac12\%)"},
         {R"(-\frac18)", R"(-25/2\%)"},
         {R"(\frac13)", R"(33\frac13\%)"},
         {R"(12.5\%)", R"(12 1/2\%)"},
         {R"(66\frac23\%)", "66 2/3%"},
         {R"(22.5^\circ)", "22 1/2°"},
         {R"(22.5^\circ)", R"(45/2^\circ)"},
         {R"(22.5^\circ)", R"(22\frac12^\circ)"},
         {"0.2", R"(20\%/100\%)"}},
        equal);
  check({{"50", R"(1/2\%)"},
         {"1250", R"(25/2\%)"},
         {"12.005", R"(12\frac12\%)"},
         {R"(12.5\%)", R"(12\frac13\%)"}},
        different);
}

TEST_CASE("math: a minus in words is a sign, and what is not equal is no value") {
  check({{"-5", "negative 5"},
         {"-5", R"(\text{negative }5)"},
         {"-5", "minus 5"},
         {"-5", "Negative five"},
         {R"(-\frac12)", "negative one half"},
         {R"(x\ne 5)", R"(x \not= 5)"},
         {R"(\text{negative})", "Negative"}},
        equal);
  check({{"5", R"(\not= 5)"},
         {"5", R"(\not\equiv 5)"},
         {"5", R"(x \not= 5)"},
         {"x=5", R"(x \not= 5)"},
         {"5", "negative 5"}},
        different);
  CHECK(verdict("x>5", R"(x \not> 5)") != equal);
}

TEST_CASE("math: words behind a number count, unless they are its unit") {
  check({{"500", R"(5 \text{ hundred})"},
         {"500", "five hundred"},
         {"5000", R"(5 \text{ thousand})"},
         {"81", R"(9\text{ squared})"},
         {"125", "5 cubed"},
         {R"(\frac32)", "3 halves"},
         {R"(\frac23)", "2 thirds"},
         {R"(\frac12)", "5 tenths"},
         {"0.05", "5 hundredths"},
         {"5", "5 apples"},
         {"5", "5 more"},
         {"5", "5 more apples"},
         {"5", "5 quarters"},
         {"12", "12 times"},
         {"3", "3 times as many"},
         {"9", R"(9\text{ squared meters})"},
         {R"(9\text{ m}^2)", "9 meters squared"}},
        equal);
  check({{"5", "5 hundred"},
         {"9", R"(9\text{ squared})"},
         {"5", "5 cubed"},
         {"5", R"(5\text{ factorial})"},
         {"3", "3 halves"},
         {"5", "5 tenths"},
         {"5", "5 less than x"},
         {"5", "5 more than x"},
         {"5", "5 at most"},
         {"5", "5 is wrong"},
         {"5", "5 times x"},
         {"5", "5 plus x"}},
        different);
}

TEST_CASE("math: layout around an answer is no part of it") {
  check({{"5", R"(\huge 5)"},
         {"5", R"(\Huge{5})"},
         {"5", R"(\LARGE 5)"},
         {"5", R"(\scriptsize 5)"},
         {"5", R"(\text{Answer: }5)"},
         {"5", R"(\text{Final answer: }5)"},
         {"5", R"(\begin{aligned}x&=5\end{aligned})"},
         {"5", R"(\begin{align*}x&=2+3\\&=5\end{align*})"},
         {"5", R"(\begin{aligned}&5\end{aligned})"},
         {"x=1, y=2", R"(\begin{aligned}x&=1\\y&=2\end{aligned})"},
         {"x=1, y=2", R"(\begin{aligned}x&=1&y&=2\end{aligned})"},
         {"x=1, y=2", R"(\begin{cases}x&=1\\y&=2\end{cases})"},
         {"x=1, y=2", R"(\left\{\begin{array}{l}x=1\\y=2\end{array}\right.)"},
         {"x=1, y=2", R"($\left\{\begin{array}{l}x=1\\y=2\end{array}\right.$)"},
         {"x=1, y=2", R"(\left\{\begin{aligned}x&=1\\y&=2\end{aligned}\right.)"},
         {"1<x<2", R"(\begin{cases}x>1\\x<2\end{cases})"},
         {R"(\begin{cases}x^2 & x>0\\ -x & x\le 0\end{cases})",
          R"(\begin{cases}x\cdot x & x>0\\ -x & x\le 0\end{cases})"}},
        equal);
  check({{"5", R"(\begin{aligned}x&=6\end{aligned})"},
         {"5", R"(\text{Answer: }6)"},
         {"x=1, y=2", R"(\begin{aligned}x&=2\\y&=1\end{aligned})"},
         {R"(\begin{cases}x & x>0\\ -x & x\le 0\end{cases})", R"(\begin{cases}x & x>0\\ x & x\le 0\end{cases})"}},
        different);
}

TEST_CASE("math: numerals with their base") {
  check({{"52_8", "(52)_8"},
         {"1010_2", "(1010)_2"},
         {"52_8", "52_{(8)}"},
         {"52_8", R"(52_{\text{base }8})"},
         {"52_8", "52 (base 8)"},
         {"52_8", "52 in base 8"},
         {"52_8", R"(52\text{ in base eight})"},
         {"AB_{16}", "ab_{16}"},
         {"2A_{16}", "2a_16"}},
        equal);
  check({{"52_8", "(52)_9"},
         {"52_8", "52 (base 9)"},
         {"52_8", "(53)_8"},
         {"52_8", "(52)"},
         {"AB_{16}", "AC_{16}"}},
        different);
}

TEST_CASE("math: units abbreviated, in the plural, and as bare letters beside one") {
  check({{R"(5\text{ hours})", R"(5\text{ hrs})"},
         {R"(5\text{ kg})", "5 kgs"},
         {R"(5\text{ years})", R"(5\text{ yr})"},
         {R"(5\text{ years})", R"(5\text{ yrs})"},
         {R"(5\text{ lb})", R"(5\text{ lbs})"},
         {R"(5\text{ km/h})", "5 kph"},
         {R"(5\text{ m/s})", "5 m/s"},
         {R"(9.8\text{ m/s}^2)", "9.8 m/s^2"},
         {R"(5\text{ m}^2)", "5 m^2"},
         {R"(5\text{ hours})", "5 h"},
         {R"(5\text{ L})", "5 L"},
         {R"(5\text{ grams})", "5 g"},
         {R"(5\text{ minutes})", "5 min"},
         {R"(\frac12\text{ m})", R"(\frac12 m)"},
         {"5 m/s", R"(5\text{ m/s})"},
         {R"(18\text{ km/h})", "5 m/s"},
         {R"(5000\text{ m})", "5 km"}},
        equal);
  check({{R"(5\text{ m})", "5 g"},
         {R"(5\text{ m})", "6 m"},
         {R"(5\text{ m/s})", "5 m"},
         {R"(5\text{ hours})", R"(5\text{ mins})"},
         {"5", "5m"}},
        different);
  CHECK(verdict("5m", "5") != equal);
}
