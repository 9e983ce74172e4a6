// SPDX-License-Identifier: MIT
#pragma once

// What doctor says about the sandbox: its layers as proven, its interpreter and modules, its compiler.

#include <memory>
#include <string>
#include <vector>

#include "graders/sandbox/sandbox.h"

namespace proctor {

struct SandboxFacts {
  Attestation attestation;
  std::string python;                        // "3.11.2 (/usr/bin/python3.11)", or why there is none
  std::string compiler;                      // of g++, empty: none in the box
  std::vector<std::string> modules, missing; // of those that model-written programs often import
  bool has_python = false;
};

// Asks inside boxes. Takes some tenths of a second.
SandboxFacts sandbox_facts(Sandbox& sandbox);

// One line: "L3 (userns, ...), self-test 13 of 13".
std::string headline(const Attestation& attestation);

// The limits that hold where nothing else is asked.
Json limits_json(const Limits& limits);

} // namespace proctor
