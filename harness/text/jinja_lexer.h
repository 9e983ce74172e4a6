// SPDX-License-Identifier: MIT
#pragma once

// Cuts a template into tokens, with the white space rules of trim_blocks and lstrip_blocks applied (Jinja 3.1,
// lexer.py).

#include <string>
#include <string_view>
#include <vector>

#include "harness/text/jinja_value.h"

namespace proctor::jinja {

struct Token {
  enum Kind { data, variable_begin, variable_end, block_begin, block_end, name, integer, real, string, op, end };
  Kind kind = end;
  size_t line = 0;
  std::string text; // strings without quotes, escapes resolved
};

// Throws JinjaError.
std::vector<Token> tokenize(std::string_view source);

} // namespace proctor::jinja
