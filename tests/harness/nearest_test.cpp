// SPDX-License-Identifier: MIT
#include "harness/text/nearest.h"

#include <doctest/doctest.h>

using namespace proctor;

TEST_CASE("a misspelt name finds the one that was meant") {
  std::vector<std::string> names = {"aime24", "aime25", "gsm8k", "math500", "knights_knaves"};
  CHECK(nearest_names("amie24", names).front() == "aime24");
  CHECK(nearest_names("GSM8", names) == std::vector<std::string>{"gsm8k"});
  CHECK(nearest_names("knights", names) == std::vector<std::string>{"knights_knaves"});
  CHECK(nearest_names("humaneval", names).empty());
  CHECK(nearest_names("", names).empty());
  CHECK(did_you_mean("aime2", names) == "; did you mean aime24 or aime25?");
  CHECK(nearest_names("aim", std::vector<std::string>{"aime24", "aime25", "aime2024", "aime"}).front() == "aime");
  CHECK(did_you_mean(std::string(100000, 'x'), names).empty());
}
