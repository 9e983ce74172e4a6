// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/graders/grade_text.h"

using namespace proctor;
using enum Verdict;

namespace {

Grade boxed(std::string_view grader, std::string target, const std::string& text) {
  return grade_text(grader, std::move(target), "\\boxed{" + text + "}");
}

std::string key(const std::string& text) { return boxed("math", "1", text).vote_key.value(); }

bool one_candidate(const std::string& a, const std::string& b) {
  auto grader = make_grader("math");
  std::string key_a = key(a), key_b = key(b);
  bool same = grader->same_answer({a, key_a}, {b, key_b});
  CHECK(same == grader->same_answer({b, key_b}, {a, key_a}));
  return same;
}

} // namespace

TEST_CASE("math: every kind of answer is graded by its value") {
  for (auto [target, text] : std::initializer_list<std::pair<std::string, std::string>>{
           {"7/2", R"(3\tfrac12)"},
           {R"(\sqrt{8})", R"(2\sqrt2)"},
           {"(1,2)", R"(\left(\frac22, 2\right))"},
           {R"(\{3, 1\})", "1, 3"},
           {"(1,2]", R"(1 < x \le 2)"},
           {R"(x^2+2x+1)", "(x+1)^2"},
           {R"(\begin{pmatrix}1\\2\end{pmatrix})", R"(\begin{bmatrix}1\\\frac42\end{bmatrix})"},
           {"y=2x+1", "2x-y+1=0"},
           {R"(10\text{ cm})", "10"},
           {R"(\text{no solution})", "None"}}) {
    INFO(target, " against ", text);
    CHECK(boxed("math", target, text).verdict == correct);
    CHECK(boxed("math", text, target).verdict == correct);
  }
}

TEST_CASE("math: a wrong answer is incorrect with what it differs in") {
  Grade grade = boxed("math", "x^2", "x^3");
  CHECK(grade.verdict == incorrect);
  CHECK(grade.reason == "wrong_answer");
  CHECK(grade.explanation.find("differs at x=") != std::string::npos);
  CHECK(boxed("math", R"(\sqrt2)", "1.41").verdict == incorrect);
}

TEST_CASE("math: what cannot be decided is incorrect and undecided") {
  Grade grade = boxed("math", "1", R"(\int_0^1 x^x dx)");
  CHECK(grade.verdict == incorrect);
  CHECK(grade.reason == "undecided");
}

TEST_CASE("math: stats name certificate, policies and extraction") {
  Grade grade = boxed("math", "50\\%", "50");
  CHECK(grade.verdict == correct);
  CHECK(grade.stats["policies"] == Json::array({"percent_bare"}));
  CHECK(grade.stats["extraction"] == "box");
  CHECK(grade.explanation.find("by policy percent_bare") != std::string::npos);
  CHECK(boxed("math", R"(\sqrt8)", R"(2\sqrt2)").stats["certificate"] == "calcium");
}

TEST_CASE("math: prose without a marked answer is none, unless the profile looks further") {
  CHECK(grade_text("math", "7", "I tried 3 and 7.").verdict == no_answer);
  CHECK(grade_text("math", "A", "A::").verdict == no_answer);
  CHECK(grade_text("math", "7", "7").verdict == correct);
  CHECK(grade_text("math", "Evelyn", "Evelyn").verdict == correct);
  math::Policies lenient;
  lenient.lenient_extraction = true;
  Grade grade = make_math_grader(lenient)->grade(question_with("7"), completion_of("I tried 3 and then 7."));
  CHECK(grade.verdict == correct);
  CHECK(grade.stats["extraction"] == "last_number");
  Completion clock = completion_of("The bus leaves at 10:30."); // a time or a ratio is found whole
  CHECK(make_math_grader(lenient)->grade(question_with("10:30"), clock).verdict == correct);
  CHECK(make_math_grader(lenient)->grade(question_with("30"), clock).verdict != correct);
}

TEST_CASE("math: a short refusal is no answer and does not vote") {
  for (std::string_view text : {"I do not know", "I don't know.", "I'm not sure", "I give up.", "I cannot answer",
                                "I have no idea", "Sorry", "N/A", R"(\text{I do not know})", "Je ne sais pas",
                                "The answer is I don't know.", "#### N/A", "Final answer: I give up"}) {
    CAPTURE(text);
    Grade grade = grade_text("math", "7", std::string(text));
    CHECK(grade.verdict == no_answer);
    CHECK_FALSE(grade.vote_key.has_value());
  }
  CHECK(grade_text("math", "Evelyn", "I do not know").verdict == no_answer);
}

TEST_CASE("math: a remark on a value is not that value") {
  for (std::string_view text :
       {"5 is wrong", "5 is not the answer", "I doubt that x=5", "x = 5 is wrong", "5 cannot be", "5 is too small"})
    CHECK_MESSAGE(grade_text("math", "5", std::string(text)).verdict == no_answer, text);
}

TEST_CASE("math: an answer in a few words is still one") {
  for (auto [gold, text] : {std::pair("5", "5 apples"),
                            {"5", "5 students in the class"},
                            {"5", "five"},
                            {"5", "5 is the answer."},
                            {"5", "I = 5"},
                            {"12", "a dozen"},
                            {R"(\frac23)", "two thirds"},
                            {R"(\frac{\pi}{2})", "pi over two"},
                            {"x", "x square feet"},
                            {R"(\sqrt{x})", "sqrt x"}})
    CHECK_MESSAGE(grade_text("math", gold, std::string(text)).verdict == correct, text);
  CHECK(grade_text("math", "5", "I and II only").verdict == incorrect);
}

TEST_CASE("math: graders with other policies have other fingerprints") {
  math::Policies policies;
  policies.percent_bare = false;
  policies.pred_rounded = 4;
  CHECK(make_math_grader({})->fingerprint() == "math@2");
  CHECK(make_math_grader(policies)->fingerprint() == "math@2+percent_bare=off,pred_rounded=4");
  CHECK(boxed("math", "2.5", R"(\frac{247}{100})").verdict == incorrect);
  CHECK(boxed("math_rounded", "2.5", R"(\frac{247}{100})").verdict == correct);
}

TEST_CASE("math: votes form classes by strict equality") {
  CHECK(key("0.5") == key(R"(\frac12)"));
  CHECK(key("x = 73") == "73");
  CHECK(key("1/3") != key("0.333333333333333"));
  CHECK(one_candidate(R"(\sqrt{12})", R"(2\sqrt3)"));
  CHECK(one_candidate("(x+1)^2", "x^2+2x+1"));
  CHECK(one_candidate(R"(\frac{\log 8}{\log 2})", "3"));
  CHECK_FALSE(one_candidate("50", "50\\%"));
  CHECK_FALSE(one_candidate(R"(\sqrt2)", R"(\sqrt2 + 10^{-20})"));
  CHECK_FALSE(one_candidate("10", R"(10\text{ cm})"));
}
