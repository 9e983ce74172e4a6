// SPDX-License-Identifier: MIT
// Answers of several parts: what joins them, what names them, and whether their order counts.
#include <algorithm>

#include "tests/graders/math_pairs.h"

using namespace proctor;
using namespace proctor::math;
using enum Equality;

TEST_CASE("math: conditions joined by and hold together, by or one is enough") {
  check({{"(1,2)", "x>1 and x<2"},
         {"(1,2)", R"(x>1\text{ and }x<2)"},
         {"(1,2)", R"(x>1 \land x<2)"},
         {"(1,2)", "1<x and x<2"},
         {R"([1,2))", R"(x\ge1\quad\text{and}\quad x<2)"},
         {R"(-3<x\le 4)", R"(x>-3 \text{ and } x\le 4)"},
         {"x>2", "x>1 and x>2"},
         {R"(\mathbb{R})", R"(x>1\text{ or }x<2)"},
         {R"((0,1)\cup(2,3))", R"(x>0 \text{ and } x<1 \text{ or } x>2 \text{ and } x<3)"},
         {"(1,2)", R"(x \in (0,2] \text{ and } x>1, x<2)"},
         {"(1,2)", R"(\{x : x>1 \text{ and } x<2\})"},
         {"(1,2)", R"(\{x \mid x>1, x<2\})"},
         {R"(\{x : x=2k, k\in\mathbb{Z}\})", R"(\{x \mid x=2k, k \in \mathbb{Z}\})"}},
        equal);
  check({{R"(\mathbb{R})", "x>1 and x<2"},
         {"(1,2)", "x>1 or x<2"},
         {"x>1", "x>1 and x>2"},
         {"x>1 and x<2", "x>1 or x<2"},
         {"x>1 or x<2", "x>1 and x<2"},
         {"x>a and y>b", "x>a or y>b"},
         {"(1,2)", "x>1 and y<2"}},
        different);
}

TEST_CASE("math: a comma between conditions means both, unless they exclude each other") {
  check({{"(1,2)", "x>1, x<2"},
         {R"(-3<x\le 4)", R"(x\le 4, x>-3)"},
         {R"((0,1)\cup(1,\infty))", R"(x>0, x\ne 1)"},
         {R"((0,1)\cup(1,\infty))", R"(x\ne 1\text{ and }x>0)"},
         {R"((-\infty,-1)\cup(1,\infty))", "x<-1, x>1"},
         {R"((-\infty,-1)\cup(1,5)\cup(5,\infty))", R"(x<-1, x>1, x \ne 5)"},
         {R"((-\infty,-1)\cup\{0\}\cup(1,\infty))", R"(x<-1, x>1\text{, or }x=0)"},
         {R"((-\infty,1)\cup(1,2)\cup(2,\infty))", R"(x\ne 1, x\ne 2)"},
         {R"((-\infty,1)\cup(1,2)\cup(2,\infty))", R"(x\ne 1\text{ or }x\ne 2)"},
         {R"([1,2)\cup(3,4))", "[1,2), (3,4)"},
         {"x=1 or x=2", "x=1, x=2"},
         {"x>2, y>3", "y>3 and x>2"}},
        equal);
  check({{R"(\mathbb{R})", "x>1, x<2"},
         {R"(\mathbb{R})", R"(x>0, x\ne 1)"},
         {R"((0,1)\cup(1,\infty))", "x>0"},
         {R"(x\ne 1, x\ne 2)", R"(x\ne 1, y\ne 2)"}},
        different);
}

TEST_CASE("math: an and that leaves nothing is taken as or, and said to be") {
  for (const char* pred : {"x<-1 and x>1", R"(x>1\text{ and }x<-1)"}) {
    MathVerdict loose = math_equal(R"((-\infty,-1)\cup(1,\infty))", pred, Policies());
    CHECK(loose.equality == equal);
    CHECK(std::count(loose.policies.begin(), loose.policies.end(), "ambiguous_reading") == 1);
  }
  MathVerdict plain = math_equal(R"((-\infty,-1)\cup(1,\infty))", "x<-1 or x>1", Policies());
  CHECK(std::count(plain.policies.begin(), plain.policies.end(), "ambiguous_reading") == 0);
}

TEST_CASE("math: an interval is no list of its ends") {
  check({{"[1,2)", "1,2"},
         {"[1,2)", "1 and 2"},
         {"[1,2)", "x=1, y=2"},
         {R"((0,\infty))", R"(0,\infty)"},
         {R"((-\infty,3])", R"(-\infty,3)"},
         {R"(0,\infty)", R"((0,\infty))"}},
        different);
  check({{"(1,2)", "1,2"}, {"[1,2]", "1,2"}, {R"([1,2)\cup(3,4))", "[1,2) and (3,4)"}}, equal);
}

TEST_CASE("math: named values go where their names belong") {
  check({{"(x,y)=(2,3)", "y=3, x=2"},
         {"y=3, x=2", "(x,y)=(2,3)"},
         {"(a,b)=(2,3)", "b=3 and a=2"},
         {"(x,y)=(2,3)", "(y,x)=(3,2)"},
         {"(a,b)=(2,3)", "(b,a)=(3,2)"},
         {"(2,3)", "(y,x)=(3,2)"},
         {"(1,2)", "y=2, x=1"},
         {"(1,2,3)", "z=3, x=1, y=2"},
         {"(2,3), (4,5)", "y=3, x=2; y=5, x=4"},
         {"(x,y)=(2,3)", "2, 3"},
         {"(x,y)=(2,3)", "(2,3)"},
         {"(2,3)", "m=2, n=3"}},
        equal);
  check({{"(x,y)=(2,3)", "y=2, x=3"},
         {"y=2, x=3", "(x,y)=(2,3)"},
         {"(a,b)=(2,3)", "b=2, a=3"},
         {"(x,y)=(2,3)", "(y,x)=(2,3)"},
         {"(2,3)", "(y,x)=(2,3)"},
         {"(1,2)", "y=1, x=2"},
         {"(1,2,3)", "z=1, y=2, x=3"},
         {"(2,3), (4,5)", "y=2, x=3; y=4, x=5"}},
        different);
}

TEST_CASE("math: roots may be numbered in any order, members of a sequence may not") {
  check({{R"(\{1,2\})", "x_1=2, x_2=1"},
         {R"(\{1,2\})", "x=2, y=1"},
         {"3, -3", "x_1=-3, x_2=3"},
         {R"(\pm3)", "x_1=-3, x_2=3"},
         {"x_1=4, x_2=-2", "-2, 4"},
         {"x_1=4, x_2=-2", "x_1=-2, x_2=4"},
         {R"(\lambda_1=1, \lambda_2=4)", "4, 1"},
         {"(1,2)", "x_2=2, x_1=1"}},
        equal);
  check({{R"(\{1,2\})", "x_1=2, x_2=3"},
         {"x_1=4, x_2=-2", "x_1=-2, x_2=5"},
         {"a_3=2, a_{37}=19", "a_3=19, a_{37}=2"},
         {"x=4, y=-2", "x=-2, y=4"},
         {"(1,2)", "x_1=2, x_2=1"}},
        different);
}

TEST_CASE("math: intervals and sets as other people write them") {
  check({{"(1,3)", "]1,3["},
         {"(1,3)", R"(\left]1,3\right[)"},
         {"[1,3)", "[1,3["},
         {"(1,3]", "]1;3]"},
         {R"((-\infty,3))", R"(]-\infty,3[)"},
         {R"((-\infty,1)\cup(3,\infty))", R"(]-\infty;1[ \cup ]3;+\infty[)"},
         {R"((-\infty,1)\cup[3,\infty))", R"(]-\infty,1[ \text{ or } [3,\infty[)"},
         {R"((-\infty,2)\cup(3,\infty))", R"((-\infty,2) U (3,\infty))"},
         {R"((2,\infty))", R"((2,\text{infinity}))"},
         {R"((-\infty,2))", "(negative infinity, 2)"},
         {R"(\infty)", "Infinity"},
         {R"(\mathbb{R})", "all real numbers"},
         {R"(\text{all real numbers})", R"((-\infty,\infty))"},
         {R"(\text{all real numbers})", R"(x\in\mathbb{R})"},
         {R"(\mathbb{R}\setminus\{1,2\})", R"(x\ne 1,2)"},
         {R"(x\ne 1, x\ne 2)", R"(x\ne 1\text{ and }2)"},
         {R"(\mathbb{R}\setminus\{1,2\})", R"(\text{all real numbers except 1 and }2)"},
         {"-3", "[1+2][3-4]"}},
        equal);
  check({{"(1,3]", "]1,3["},
         {"[1,3]", "[1,3["},
         {"[1,3)", "]1,3["},
         {R"(\mathbb{R}\setminus\{1\})", R"(x\ne 1,2)"},
         {R"((2,\infty))", R"(\text{all real numbers greater than }2)"},
         {R"(\mathbb{R}\setminus\{1\})", R"(\text{all real numbers except }2)"},
         {R"(\mathbb{R})", R"(\text{all real numbers except }2)"}},
        different);
}
