// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/graders/grade_text.h"

using namespace proctor;
using enum Verdict;

namespace {

struct Row {
  std::string_view target;
  std::string_view text;
  Verdict verdict;
};

void check(std::string_view grader, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(grade_text(grader, std::string(row.target), std::string(row.text)).verdict == row.verdict);
  }
}

} // namespace

TEST_CASE("tag: only the text of the last answer tag counts") {
  check("tag", {
                   {"3", "<ANSWER>3</ANSWER>", correct},
                   {"3", "<answer> 3 </answer>", correct},
                   {"3", "<ANSWER>1</ANSWER> no <ANSWER>3</ANSWER>", correct},
                   {"3", "<ANSWER>3</ANSWER> no <ANSWER>1</ANSWER>", incorrect},
                   {"3", "<ANSWER>3.</ANSWER>", incorrect},
                   {"3", "3", no_answer},
                   {"3", "<ANSWER>3", no_answer},
                   {"3", "<ANSWER><ANSWER>3</ANSWER>", correct},
                   {"3", "x</ANSWER>", no_answer},
                   {"3", R"(<answer>3</answer> \boxed{4})", correct},
                   {"3", "<ANSWER>3</answer>", correct},
                   {"3", R"(\boxed{3})", no_answer},
               });
}

TEST_CASE("exact: the final answer is compared as text") {
  check("exact", {
                     {"valid", "So the answer is valid.", correct},
                     {"invalid", "the answer is valid.", incorrect},
                     {"Yes", R"(\boxed{\text{yes}})", correct},
                     {"No", "**No**", correct},
                     {"No", "<answer>No.</answer>", correct},
                     {"] ) >", "So the answer is ] ) >.", correct},
                     {"a b c", "So the answer is a b c", correct},
                     {"True", "So the answer is True. Q: foo", correct},
                     {"J. K. Rowling", "The answer is J. K. Rowling.", correct},
                     {"elbaT", "Elbat", incorrect},
                     {"5", R"(\boxed{5})", correct},
                     {"The cat", R"(The answer is "The cat".)", correct},
                     {"x", "long para\n\nmore", no_answer},
                 });
}
