// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/graders/grade_text.h"

using namespace proctor;
using enum Verdict;

TEST_CASE("aime: the spellings of one integer are that integer") {
  for (std::string_view text : {
           R"(\boxed{73})",
           R"(\boxed{073})",
           R"(\boxed{73.0})",
           R"(\boxed{73^\circ})",
           R"(\boxed{73^{\circ}})",
           R"(\boxed{\text{73}})",
           R"(\boxed{$73$})",
           R"(\boxed{\(73\)})",
           R"(\boxed{7\!3})",
           R"(\boxed{m+n=73})",
           R"(\boxed{n = 73})",
           R"(\boxed{73 \pmod{1000}})",
           R"(\boxed{20+53=73})",
           R"(\boxed{70+3=73})",
           R"(\boxed{7\cdot 10 + 3 = 73})",
           R"(\boxed{7 \times 10 + 3 = 73})",
           R"(\boxed{\mathbf{73}})",
           R"(\boxed{\text{m}+\text{n}=73})",
           R"(\boxed{73 \text{ minutes}})",
           R"(\boxed{73\text{ minutes}})",
           R"(\boxed{73\,\text{cm}^2})",
           R"(\boxed{+73})",
           R"(\boxed{\frac{146}{2}=73})",
           R"(\boxed{p+q = 72+1 = 73})",
           R"(\boxed{AB \cdot AC = 73})",
           R"(\boxed{\sqrt{5329}=73})",
           R"(\boxed{73\%})",
           R"(\boxed{{73}})",
           R"(\boxed{\textbf{73}})",
           R"(\boxed{73.})",
           R"(\boxed{73\text{.}})",
           R"(\boxed{x \equiv 73 \pmod{100}})",
           R"(\boxed{\displaystyle 73})",
           R"(\boxed{\boxed{73}})",
           R"(\boxed{73 = 73})",
           R"(\boxed{|S| = 73})",
           R"(\boxed{f(2)=73})",
           R"(\boxed{073.00})",
           R"(\boxed{ 73 \quad})",
           R"(\boxed{７３})",
           R"(\boxed{73 degrees})",
           R"(\boxed{\boldsymbol{73}})",
           R"(\boxed{2^6+9=73})",
           R"(\boxed{\dfrac{146}{2}=73})",
           R"(\boxed{73 = m+n})",
           R"(\boxed{(73)})",
           R"(\boxed{\left(73\right)})",
           R"(\boxed{\textbf{(C) } 73})",
       }) {
    CAPTURE(text);
    CHECK(grade_text("aime", question_with("073"), std::string(text)).verdict == correct);
  }
}

TEST_CASE("aime: a boxed answer of another kind is incorrect") {
  for (std::string_view text : {
           R"(\boxed{73 or 74})",
           R"(\boxed{73, 74})",
           R"(\boxed{073x})",
           R"(\boxed{73x})",
           R"(\boxed{7 3})",
           R"(\boxed{72+1})",
           R"(\boxed{20+54=73})",
           R"(\boxed{74})",
           R"(\boxed{-73})",
           R"(\boxed{73.4})",
           R"(\boxed{\approx 73})",
           R"(\boxed{72.99})",
           R"(\boxed{146/2})",
           R"(\boxed{73!})",
           R"(\boxed{(73, 74)})",
           R"(\boxed{\{73\}})",
           R"(\boxed{73 \text{ or } 74})",
           R"(\boxed{x=73, y=74})",
           R"(\boxed{x=73 \text{ or } x=74})",
           R"(\boxed{73=74})",
           R"(\boxed{1073})",
           R"(\boxed{10^{73}})",
           R"(\boxed{\sqrt{73}})",
           R"(\boxed{\frac{73}{1}x})",
           R"(\boxed{\infty})",
           R"(\boxed{infinite})",
           R"(\boxed{73>})",
           R"(\boxed{15 minutes and 44 seconds})",
           R"(\boxed{73 more than 5})",
           R"(\boxed{73\pi})",
           R"(\boxed{73i})",
           R"(\boxed{7{,}3})",
           R"(\boxed{73e1})",
           R"(\boxed{73/2})",
           R"(\boxed{\text{73 or 74}})",
           R"(\boxed{73 \lor 74})",
       }) {
    CAPTURE(text);
    CHECK(grade_text("aime", question_with("73"), std::string(text)).verdict == incorrect);
  }
}

TEST_CASE("aime: answers are found wherever models put them") {
  for (std::string_view text : {
           "The final answer is 73.",
           "**Answer:** 73",
           "**Answer**: $73$",
           R"(Answer: \(m+n=73\))",
           "### Final Answer\n\n73",
           "**Final Answer**\n\\[ 73 \\]",
           "Final Answer:\n\\[\n73\n\\]",
           R"(The answer is $\boxed{73}$)",
           "So the answer is 73",
           "#### 73",
           "blah\nA: 73",
           "答案是73。",
           "答案：$73$",
           "La réponse est 73.",
           "Die endgültige Antwort ist $73$.",
           "Die Antwort lautet: 73",
           "La respuesta final es 73.",
           "答えは73です。",
           "정답은 73입니다.",
           "الجواب هو 73",
           "उत्तर: 73",
           "अंतिम उत्तर है 73",
           "Final Answer: The final answer is $73$. I hope it is correct.",
           "<answer>73</answer>",
           "<answer>\n$m+n=73$\n</answer>",
           "<answer>The answer is 73</answer>",
           R"(<answer> \boxed{73})",
           "<answer>73",
           "<ANSWER>73</ANSWER>",
           "The answer to the question is 73.",
           "Therefore, the answer should be 73",
           "the answer is 73. Let me check that the answer is correct.",
           "73",
           "$73$",
           "**73**",
           "m+n=73",
           R"(\boxed 73)",
           R"($\boxed 73$)",
           R"(\fbox{73})",
           R"(\framebox{73})",
           "boxed{73}",
           "<|begin_of_box|>73<|end_of_box|>",
           R"(\boxed{73} \boxed{unfinished)",
           R"(\boxed{\boxed{73}})",
           R"(\boxed{m+n=\boxed{73}})",
           "The answer: 73",
           "answer = 73",
           "Thus the answer is: **73**",
           "The required answer is therefore 73.",
           "The answer is $73$, since $x=3$.",
           "The answer is 73 minutes.",
           "The answer is $073$",
           "ANSWER: 73",
           "\boxed{73}",
           "The answer is:\n\n$$73$$",
           "The answer is:\n\n$$\n73\n$$",
           "Answer:  `73`",
       }) {
    CAPTURE(text);
    CHECK(grade_text("aime", question_with("73"), std::string(text)).verdict == correct);
  }
}

TEST_CASE("aime: undecided and later answers are judged as given") {
  for (std::string_view text : {
           "The answer is $73$ or $74$",
           "<answer>73 or 74</answer>",
           R"(\boxed{72} or \boxed{73})",
           R"(\boxed{72} \text{ or } \boxed{73})",
           "The answer is 5, not 73",
           R"(\boxed{73} wait no \boxed{74})",
           "<answer>73</answer>\n\\boxed{74}",
       }) {
    CAPTURE(text);
    CHECK(grade_text("aime", question_with("73"), std::string(text)).verdict == incorrect);
  }
}

TEST_CASE("aime: prose, empty boxes and empty tags hold no answer") {
  for (std::string_view text : {
           "I think it is 73 probably",
           "no idea",
           "",
           R"(\boxed{})",
           R"(Put it in \boxed{}.)",
           "<answer></answer> 73",
           "The answer is correct.",
           R"(\boxed{73)",
       }) {
    CAPTURE(text);
    CHECK(grade_text("aime", question_with("73"), std::string(text)).verdict == no_answer);
  }
}

TEST_CASE("aime: where the prompt asked for a tag, the tag outranks a later box") {
  std::string text = "<answer>73</answer> \\boxed{74}";
  CHECK(grade_text("aime", question_with("73", AnswerForm::answer_tag), text).verdict == correct);
  CHECK(grade_text("aime", question_with("73", AnswerForm::box), text).verdict == incorrect);
}

TEST_CASE("aime: a reference that is no competition answer is our failure") {
  for (std::string target : {"1000", "-3", "7.5", "x", ""}) {
    Grade grade = grade_text("aime", target, "\\boxed{3}");
    CHECK(grade.verdict == not_graded);
    CHECK(grade.reason == "grader_error");
    CHECK_FALSE(grade.vote_key.has_value());
  }
}

TEST_CASE("aime: equal integers are one vote, other answers vote as text") {
  auto key = [](std::string text) { return grade_text("aime", "16", "\\boxed{" + text + "}").vote_key.value(); };
  CHECK(key("016") == "16");
  CHECK(key("n=16") == key("16.0"));
  CHECK(key("-0") == "0");
  CHECK(key("\\frac12") == key("\\dfrac{1}{2}"));
  CHECK(key("16 or 17") != key("16"));
}

TEST_CASE("aime: the explanation says what was compared, in one line") {
  Grade right = grade_text("aime", "204", "so \\boxed{204}");
  CHECK(right.explanation == "204 equals 204 (from the last box)");
  CHECK(right.answer == "204");
  CHECK(right.stats["extraction"] == "box");
  Grade wrong = grade_text("aime", "204", "<answer>1\n80</answer>");
  CHECK(wrong.explanation == "answer 1 80, expected 204 (from the last answer tag)");
  CHECK(wrong.reason == "wrong_answer");
}
