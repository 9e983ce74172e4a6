// SPDX-License-Identifier: MIT
#include <cmath>
#include <doctest/doctest.h>

#include "graders/code/python_values.h"

using namespace proctor;

namespace {

TypedValue of(const char* json) { return typed_of(Json::parse(json)); }
TypedValue tuple(const char* json) {
  TypedValue value = of(json);
  value.kind = TypedKind::tuple;
  return value;
}
TypedValue set(const char* json) {
  TypedValue value = of(json);
  value.kind = TypedKind::set;
  return value;
}

} // namespace

TEST_CASE("equality is Python's") {
  CHECK(python_equal(of("1"), of("1.0")));
  CHECK(python_equal(of("1"), of("true")));
  CHECK(python_equal(of("[0, -0.0]"), of("[false, 0]")));
  CHECK(!python_equal(of("1"), of("\"1\"")));
  CHECK(!python_equal(of("[1]"), tuple("[1]")));
  CHECK(python_equal(of("{\"a\": 1, \"b\": [2]}"), of("{\"b\": [2.0], \"a\": 1}")));
  CHECK(!python_equal(of("{\"a\": 1}"), of("{\"a\": 1, \"b\": 2}")));
  CHECK(python_equal(set("[1, 2, 3]"), set("[3, 2.0, 1]")));
  CHECK(!python_equal(of("null"), of("false")));
  CHECK(!python_equal(TypedValue::number(NAN), TypedValue::number(NAN)));
  CHECK(!python_equal(of("0.1"), of("0.10000000000000002")));
}

TEST_CASE("large integers and floats are compared exactly, as Python does") {
  CHECK(python_equal(wide_number("9007199254740993"), wide_number("9007199254740993")));
  CHECK(!python_equal(wide_number("9007199254740993"), TypedValue::number(9007199254740992.0)));
  CHECK(python_equal(wide_number("100000000000000000000"), TypedValue::number(1e20)));
  CHECK(!python_equal(wide_number("100000000000000000001"), TypedValue::number(1e20)));
  CHECK(python_equal(wide_number("-100000000000000000000"), TypedValue::number(-1e20)));
  CHECK(typed_of(Json("\x01-Infinity")).real == -INFINITY);
}

TEST_CASE("EvalPlus' tolerance: floats, lists of floats, and where a problem asks for it") {
  CHECK(evalplus_equal(of("0.30000000000000004"), of("0.3"), 0));
  CHECK(evalplus_equal(of("[0.1, 0.20000001]"), of("[0.1, 0.2]"), 0));
  CHECK(!evalplus_equal(of("0.301"), of("0.3"), 0));
  CHECK(!evalplus_equal(of("[0.3]"), tuple("[0.30000000000000004]"), 0)); // a list is no tuple
  CHECK(!evalplus_equal(of("[1, 0.2]"), of("[1, 0.20000001]"), 0));      // not only floats
  CHECK(evalplus_equal(of("10.00005"), of("10.0"), 1e-4));
  CHECK(!evalplus_equal(of("\"a\""), of("1.0"), 1e-4));
}

TEST_CASE("as sets: order and repetition do not count") {
  CHECK(equal_as_sets(tuple("[1, 2, 2]"), of("[2, 1]")));
  CHECK(!equal_as_sets(of("[1]"), of("[1, 2]")));
  CHECK(!equal_as_sets(of("1"), of("[1]")));
}
