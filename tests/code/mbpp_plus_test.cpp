// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "graders/code/mbpp_plus.h"
#include "graders/code/python_values.h"

using namespace proctor;

namespace {

std::string arguments(int number, const char* json) {
  std::vector<TypedValue> converted = mbpp_arguments(number, typed_of(Json::parse(json)));
  return typed_repr(TypedValue::sequence(TypedKind::list, std::move(converted)));
}

bool passes(std::string_view task_id, std::string_view entry_point, const char* args, const char* got, const char* expected) {
  std::vector<TypedValue> arguments = typed_of(Json::parse(args)).items;
  return evalplus_passes({task_id, entry_point, arguments, 0}, {false, typed_of(Json::parse(got))}, {false, typed_of(Json::parse(expected))});
}

} // namespace

TEST_CASE("inputs become the types their problem was written for") {
  CHECK(arguments(2, "[[1, 2], [3]]") == "[(1, 2), (3,)]");
  CHECK(arguments(63, "[[[1, 2], [3, 4]]]") == "[[(1, 2), (3, 4)]]");
  CHECK(arguments(75, "[[[1, 2]], [3]]") == "[[(1, 2)], [3]]");
  CHECK(arguments(106, "[[1], [2]]") == "[[1], (2,)]");
  CHECK(arguments(115, "[[[1, 2], []]]") == "[[{1, 2}, {}]]");
  CHECK(arguments(259, "[[[1], [2]], [[3]]]") == "[((1,), (2,)), ((3,),)]");
  CHECK(arguments(580, "[[1, [2, [3]]]]") == "[(1, (2, (3,)))]");
  CHECK(arguments(722, "[{\"a\": [1, 2]}, 3]") == "[{'a': (1, 2)}, 3]");
  CHECK(arguments(3, "[[1]]") == "[[1]]");
  CHECK(python_equal(mbpp_arguments(252, typed_of(Json::parse("[\"(3+4j)\"]")))[0], mbpp_arguments(252, typed_of(Json::parse("[\"3+4j\"]")))[0]));
  TypedValue z = mbpp_arguments(252, typed_of(Json::parse("[\"-2j\"]")))[0];
  CHECK(z.real == 0);
  CHECK(z.imaginary == -2);
}

TEST_CASE("problems with an oracle of their own") {
  CHECK(passes("Mbpp/2", "similar_elements", "[]", "[2, 1]", "[1, 2]"));
  CHECK(!passes("Mbpp/3", "is_not_prime", "[]", "[2, 1]", "[1, 2]"));
  CHECK(passes("Mbpp/295", "sum_div", "[]", "0", "1"));
  CHECK(passes("Mbpp/164", "are_equivalent", "[]", "7", "8"));
  CHECK(passes("Mbpp/558", "digit_distance_nums", "[23, 5]", "4", "99"));
  CHECK(passes("Mbpp/74", "check_str", "[]", "true", "\"x\""));
  CHECK(!passes("Mbpp/74", "check_str", "[]", "false", "\"x\""));
  CHECK(passes("HumanEval/32", "find_zero", "[[-4, 2]]", "2.00001", "2.0"));
  CHECK(!passes("HumanEval/32", "find_zero", "[[-4, 2]]", "2.1", "2.0"));
}
