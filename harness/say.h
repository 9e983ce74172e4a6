// SPDX-License-Identifier: MIT
#pragma once

// Messages to a person on stderr. Never throws and never fails: a full or closed stderr must not end a run. Control
// characters, which names and file contents may hold, are shown as \\xNN, newlines within a message as \\n.

#include <string>
#include <string_view>

namespace proctor {

// One message, one line.
void say(std::string_view message);

// The same for the live progress line: back to the line's start, no newline.
void say_live(std::string_view message);

// The text without control characters, on one line.
std::string one_line_text(std::string_view text);

} // namespace proctor
