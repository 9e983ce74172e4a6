// SPDX-License-Identifier: MIT
#include "graders/extract.h"

#include <doctest/doctest.h>

#include "graders/statement.h"

using namespace proctor;

namespace {

std::string box_of(std::string_view text) {
  auto box = last_box(text);
  return box ? box->content : "none";
}

std::string method_of(std::string_view text) {
  auto extracted = extract_answer(text, AnswerForm::any, 64);
  return extracted ? extracted->method : "none";
}

std::string repeated(std::string_view piece, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

} // namespace

TEST_CASE("the last complete box is the answer") {
  CHECK(box_of(R"(\boxed{1} then \boxed{2})") == "2");
  CHECK(box_of(R"(\boxed{\frac{a}{b}})") == R"(\frac{a}{b})");
  CHECK(box_of(R"(\boxed{\{1, 2\}})") == R"(\{1, 2\})");
  CHECK(box_of(R"(\boxed{1} and \boxed{2)") == "1");
  CHECK(box_of(R"(\boxed{7}})") == "7");
  CHECK(box_of(R"(\boxed{7} and { more)") == "7");
  CHECK(box_of("\\boxed{\n 7 \n}") == "7");
  CHECK(box_of(R"(\boxed {7})") == "7");
  CHECK(box_of(R"(\boxed{})") == "");
  CHECK(box_of("a box {7} and an x") == "none");
  CHECK(box_of(R"(\boxed)") == "none");
}

TEST_CASE("every kind of box is read") {
  for (std::string_view text : {R"(\boxed{7})", R"(\fbox{7})", R"(\framebox{7})", "boxed{7}", R"(\boxed 7)",
                                R"($\boxed 7$)", "\boxed{7}", "<|begin_of_box|>7<|end_of_box|>", R"(\boxed 7.)"})
    CHECK_MESSAGE(box_of(text) == "7", text);
}

TEST_CASE("nested boxes are unwrapped") {
  CHECK(box_of(R"(\boxed{\boxed{7}})") == "7");
  CHECK(box_of(R"(\boxed{x = \boxed{7}})") == "x = 7");
  CHECK(box_of(R"(\boxed{\boxed{3} + \fbox{4}})") == "3 + 4");
}

TEST_CASE("a box that only approximates the one before it gives way") {
  CHECK(box_of(R"(\boxed{\sqrt2} \approx \boxed{1.41})") == R"(\sqrt2)");
  CHECK(box_of(R"(\boxed{\sqrt2} or about \boxed{1.41})") == R"(\sqrt2)");
  CHECK(box_of(R"(\boxed{\sqrt2}, that is \boxed{\approx 1.41})") == R"(\sqrt2)");
  CHECK(box_of(R"(\boxed{x = \frac{5}{3}\text{ m}} = \boxed{1.67})") == R"(x = \frac{5}{3}\text{ m})");
  CHECK(box_of(R"($\boxed{\frac23}$ or $\boxed{0.66}$)") == R"(\frac23)");
  CHECK(box_of(R"($\boxed{\frac{a}{3}} \approx \boxed{0.33a}$)") == R"(\frac{a}{3})");
  CHECK(box_of("\\boxed{3}.\n\nNow the other case: \\boxed{1.5}") == "1.5");
  CHECK(box_of(R"(\boxed{2.5} so \boxed{1.5})") == "1.5");
}

TEST_CASE("a decimal box that is another quantity is the last box") {
  CHECK(box_of(R"(There are $\boxed{4}$ terms and the mean is $\boxed{2.5}$.)") == "2.5");
  CHECK(box_of(R"(Side \boxed{4}, area \boxed{2.5})") == "2.5");
  CHECK(box_of(R"(Side \boxed{7}, area \boxed{6.9})") == "6.9");
  CHECK(box_of(R"(Side \boxed{\sqrt3}, area \boxed{1.3})") == "1.3");
  CHECK(box_of(R"(With \boxed{n} terms the mean is \boxed{2.5})") == "2.5");
  CHECK(box_of(R"(There are \boxed{4} terms and the mean is $\approx \boxed{2.47}$.)") == "2.47");
}

TEST_CASE("a box that is turned down beside another is not the answer") {
  CHECK(box_of(R"(So it is $\boxed{7}$, not $\boxed{5}$.)") == "7");
  CHECK(box_of(R"(We take \boxed{B} rather than \boxed{C})") == "B");
  CHECK(box_of(R"(It is not \boxed{5} but \boxed{7}.)") == "7");
  CHECK(box_of(R"(First \boxed{7}. A knot \boxed{5})") == "5");
}

TEST_CASE("boxes joined by or are no decision") {
  CHECK(box_of(R"(\boxed{3} or \boxed{4})") == "3 or 4");
  CHECK(box_of(R"(\boxed{3} \text{ or } \boxed{4})") == "3 or 4");
  CHECK(box_of(R"(\boxed{3} or \boxed{3})") == "3");
  CHECK(box_of(R"(\boxed{3} or rather \boxed{4})") == "4");
}

TEST_CASE("the answer tag is the last closing one with its nearest opening one") {
  auto tag = [](std::string_view text) {
    auto found = last_answer_tag(text);
    return found ? found->content : "none";
  };
  CHECK(tag("<answer>1</answer> <answer> 2 </answer>") == "2");
  CHECK(tag("<answer>1 <answer>2</answer>") == "2");
  CHECK(tag("<ANSWER>2</ANSWER> <answer>3") == "2");
  CHECK(tag("2</answer>") == "none");
  CHECK(tag("<Answer>2</Answer>") == "none");
}

TEST_CASE("the method says where an answer stood") {
  CHECK(method_of(R"(\boxed{7})") == "box");
  CHECK(method_of("<answer>7</answer>") == "answer_tag");
  CHECK(method_of(R"(<answer>\boxed{7}</answer>)") == "answer_tag");
  CHECK(method_of("<answer>7") == "open_answer_tag");
  CHECK(method_of("work\n#### 7") == "hashes");
  CHECK(method_of("#### Step 2: add\nmore") == "whole");
  CHECK(method_of("work\nA: 7") == "a_line");
  CHECK(method_of("The answer is 7.") == "answer_line");
  CHECK(method_of("Final Answer: The final answer is $7$. I hope it is correct.") == "minerva");
  CHECK(method_of("7") == "whole");
}

TEST_CASE("announcements that comment are passed over") {
  auto statement = last_answer_statement("The answer is 7.\nThe answer is correct. I checked the answer twice.");
  REQUIRE(statement.has_value());
  CHECK(statement->text == "7");
  CHECK_FALSE(last_answer_statement("These answers differ; the answerer is late.").has_value());
}

TEST_CASE("an answer that is doubted or turned down is not announced") {
  for (std::string_view remark : {
           "I do not think the answer is 5.",
           "I doubt that the answer is 5.",
           "Let us see whether the answer is 5.",
           "I'm not sure the final answer is 5.",
           "A common wrong answer is 5.",
           "The answer is not 5.",
           "The answer is not option C.",
       }) {
    CAPTURE(remark);
    CHECK_FALSE(last_answer_statement(remark).has_value());
    auto statement = last_answer_statement("The answer is 7.\n" + std::string(remark));
    REQUIRE(statement.has_value());
    CHECK(statement->text == "7");
  }
  for (std::string_view text : {
           "No doubt the answer is 5.",
           "I am sure the answer is 5.",
           "I think that the answer is 5.",
           "I was not sure before, but the correct answer is 5.",
       }) {
    CAPTURE(text);
    auto statement = last_answer_statement(text);
    REQUIRE(statement.has_value());
    CHECK(statement->text == "5");
  }
  CHECK(last_answer_statement("The answer is not possible.")->text == "not possible");
}

TEST_CASE("money is not mathematics") {
  CHECK_FALSE(leading_math_span("$18 and not $20").has_value());
  CHECK(leading_math_span("$18$ dollars") == "18");
  CHECK(leading_math_span(R"(\(x=3\).)") == "x=3");
  CHECK_FALSE(leading_math_span("$3$ or $4$").has_value());
}

// A search that goes back over what it has seen would take minutes here and end in ctest's time limit; how fast it is
// is measured by tests/bench.
TEST_CASE("hostile texts come to an end") {
  constexpr size_t kBytes = 400'000;
  for (std::string_view piece : {"\\boxed{",
                                 "}",
                                 "{",
                                 "\\boxed{7}{",
                                 "\\boxed{\\boxed{",
                                 "<answer>",
                                 "</answer>",
                                 "answer is correct ",
                                 "the answer is ",
                                 "answer ",
                                 "####",
                                 "\n####\n",
                                 "x",
                                 "\\",
                                 "<|begin_of_box|>",
                                 "<|end_of_box|>",
                                 "\\}",
                                 "答案",
                                 "boxed 7 ",
                                 "$",
                                 "W",
                                 "\n"}) {
    CAPTURE(piece);
    auto extracted = extract_answer(repeated(piece, kBytes), AnswerForm::any, 64);
    CHECK((!extracted || extracted->text.size() <= kBytes));
  }
}
