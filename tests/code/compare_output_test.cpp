// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "graders/code/compare_output.h"

using namespace proctor;

namespace {

bool lines(std::string_view got, std::string_view expected) { return match_output(OutputRule::lines, got, expected).equal; }
bool tokens(std::string_view got, std::string_view expected) { return match_output(OutputRule::tokens, got, expected).equal; }

} // namespace

TEST_CASE("lines: white space at their ends does not count, their number does") {
  CHECK(lines("1 \n 2\n\n", "1\n2"));
  CHECK(!lines("1 2", "1\n2"));
  CHECK(!lines("1\n\n2", "1\n2"));
  CHECK(!lines("", "1"));
  CHECK(lines("", ""));
  CHECK(!lines("YES", "Yes"));
}

TEST_CASE("lines: numbers are equal as decimals, to the last digit") {
  CHECK(lines("1.0 2", "1 2.00"));
  CHECK(lines("1e3", "1000"));
  CHECK(lines("-0", "0"));
  CHECK(lines("00012", "12"));
  CHECK(!lines("0.1000000001", "0.1"));
  CHECK(!lines("nan", "0"));
  CHECK(lines("1_000", "1000"));
  CHECK(!lines("0x10", "16"));
  std::string big(400, '7');
  CHECK(lines(big + ".0", big));
  CHECK(!lines(big + "1", big + "2"));
}

TEST_CASE("tokens: breaks between words do not count, case neither") {
  CHECK(tokens("yes\n3", "YES 3"));
  CHECK(tokens("0.333333", "0.333334"));
  CHECK(!tokens("0.3333", "0.3334"));
  CHECK(!tokens("12", "13"));
  CHECK(!tokens("100000000000000001", "100000000000000002")); // integers exactly
  CHECK(!tokens("1 2 3", "1 2"));
  CHECK(!tokens("", "1"));
}

TEST_CASE("the difference names the place") {
  CHECK(match_output(OutputRule::lines, "1\n2\n4\n", "1\n2\n3\n").difference == "line 3: got 4, expected 3");
  CHECK(match_output(OutputRule::tokens, "a b", "a c").difference == "word 2: got b, expected c");
  CHECK(match_output(OutputRule::lines, "1", "1\n2").difference == "1 lines of output, expected 2");
}
