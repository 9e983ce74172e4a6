// SPDX-License-Identifier: MIT
#pragma once

// Python's values outside Python: equality as `==` has it, EvalPlus' tolerance, and values from JSON. Pure; bounded by
// the size of the values (sets and dicts are compared by a canonical order, not pairwise).

#include <string>

#include "graders/sandbox/typed_value.h"
#include "harness/json.h"

namespace proctor {

// Python's a == b: numbers by value across bool, int, float and complex, also inside containers; a list never equals a
// tuple, a set equals a frozenset; NaN equals nothing.
bool python_equal(const TypedValue& a, const TypedValue& b);

// EvalPlus 0.2 (evalplus/eval, `is_floats`, `allclose`): equal, or within atol + 1e-7 |expected| where a tolerance
// applies: atol is not 0, or `expected` is a float or a non-empty list or tuple of floats (then 1e-6).
bool evalplus_equal(const TypedValue& got, const TypedValue& expected, double atol);

// Elements of a list, tuple, set or dict's keys as a set, compared as sets; false for anything else.
bool equal_as_sets(const TypedValue& a, const TypedValue& b);

// null, booleans, numbers, texts, lists and dicts. Texts that begin with kWideNumber are numbers JSON cannot hold.
TypedValue typed_of(const Json& json);

// NaN, Infinity, -Infinity and integers of any length, as Python's json module writes them: a text that begins with
// this byte goes on with the number.
constexpr char kWideNumber = '\x01';

// The number as a Python value: "Infinity", "-Infinity", "NaN" or decimal digits with a sign; none otherwise.
TypedValue wide_number(std::string_view text);

} // namespace proctor
