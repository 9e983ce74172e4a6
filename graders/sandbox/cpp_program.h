// SPDX-License-Identifier: MIT
#pragma once

// C++ programs: the compiler runs confined too, because compiling is running somebody else's text.

#include <string>
#include <vector>

#include "graders/sandbox/sandbox.h"

namespace proctor {

struct CppProgram {
  Fd executable;   // for BoxJob::executable; empty when it did not compile
  BoxOutcome compile; // verdict, resources, and in err what the compiler said
};

struct CppOptions {
  std::string compiler = "g++"; // on the box's PATH
  std::vector<std::string> flags = {"-O2", "-std=c++20"};
  Limits limits = {.cpu_s = 30, .wall_s = 60, .memory_bytes = uint64_t{2} << 30, .output_bytes = uint64_t{64} << 20};
};

// Needs level 2 (a compiler is several processes). setup_error in `compile` when there is no compiler.
CppProgram compile_cpp(Sandbox& sandbox, const std::string& source, const CppOptions& options = {});

// A run of it.
BoxJob cpp_job(const CppProgram& program, std::string input, Limits limits = {});

} // namespace proctor
