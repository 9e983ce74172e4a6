// SPDX-License-Identifier: MIT
#pragma once

// What each LaTeX command, function name and Greek letter means to the lexer: one table.

#include <optional>
#include <string_view>

#include "graders/math/lexer.h"

namespace proctor::math {

enum class Act : uint8_t {
  token,    // stands for one token
  drop,     // only for the eye
  drop_arg, // and so is its braced argument
  text,     // its braced argument is text
  accent,   // with its braced argument one symbol
  environment,
  blank, // white space
};

struct Command {
  Act act = Act::drop;
  Tok tok = Tok::unknown;
  std::string_view text;
};

// Without the backslash; nullopt for an unknown one.
std::optional<Command> find_command(std::string_view name);

// The longest known command that `name` begins with: "\vertx" is "\vert x".
size_t command_prefix(std::string_view name);

} // namespace proctor::math
