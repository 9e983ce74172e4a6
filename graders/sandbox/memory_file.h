// SPDX-License-Identifier: MIT
#pragma once

// Files without a name (memfd): what programs read and write, without pipes that could fill up.

#include <cstdint>
#include <string>
#include <string_view>

#include "graders/sandbox/fd.h"

namespace proctor {

// Empty, to be written by a program.
Fd make_output_file();

// Holds `content`, sealed against every change.
Fd make_input_file(std::string_view content);

// The same as a program that can be executed: not open for writing anywhere.
Fd make_executable_file(std::string_view content);

// The first `limit` bytes.
std::string read_memory_file(int fd, uint64_t limit);

} // namespace proctor
