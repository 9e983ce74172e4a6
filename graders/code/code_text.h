// SPDX-License-Identifier: MIT
#pragma once

// Finds the program in what a model wrote. Pure functions over any bytes, linear in the text.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graders/answer_grader.h"

namespace proctor {

enum class CodeLanguage { python, cpp };

// A fenced block of Markdown (CommonMark 0.31, section 4.5): three or more backticks or tildes.
struct FencedBlock {
  std::string language; // first word of the info string, lower case; empty: none
  std::string content;  // with the opening fence's indentation taken off; ends with a line break
  bool closed = false;
};

std::vector<FencedBlock> fenced_blocks(std::string_view text);

// The program in an answer. Of the blocks in the wanted language (else of those without one), the last that defines
// `entry_point`, a function or class, and where none does or none is wanted the last. Without any block: the tags
// [PYTHON]..[/PYTHON], else the text from its first line of code on, without the prose after it.
// Methods: code_block, open_code_block (never closed), code_tag, unfenced. nullopt: no program.
std::optional<Extracted> extract_code(std::string_view answer, CodeLanguage language, std::string_view entry_point);

// Whether a line at the left margin defines the function or class `name`.
bool defines(std::string_view program, std::string_view name);

// A continuation of a Python prompt, cut where the function ends: before the first line at the left margin that begins
// with one of HumanEval's stop words (class, def, #, @, print, if, ```). `cut` says whether there was one.
std::string_view cut_continuation(std::string_view text, bool& cut);

// The #include and using lines of a C++ prompt, each with its line break.
std::string includes_of(std::string_view prompt);

} // namespace proctor
