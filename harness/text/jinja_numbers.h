// SPDX-License-Identifier: MIT
#pragma once

// Python's arithmetic on int, bool and float, where int has 64 bits.

#include <string_view>

#include "harness/text/jinja_value.h"

namespace proctor::jinja {

// op: + - * / // % **. Both are numbers. Fails where Python raises, has a complex number or more than 64 bits.
Value arithmetic(std::string_view op, const Value& left, const Value& right);

} // namespace proctor::jinja
