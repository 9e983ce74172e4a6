// SPDX-License-Identifier: MIT
#pragma once

// One program to run.

#include <string>
#include <string_view>
#include <vector>

#include "graders/sandbox/fd.h"
#include "graders/sandbox/limits.h"
#include "graders/sandbox/wire.h"

namespace proctor {

struct BoxFile {
  std::string name; // below /box, without ".."
  std::string content;
  bool executable = false;
};

// A path below /box, without "..".
bool lies_in_box(std::string_view name);

struct BoxJob {
  BoxEngine engine = BoxEngine::exec;
  BoxWork work = BoxWork::command;
  std::string source;            // Python: the program
  int executable = -1;           // exec: a descriptor of the program, else args[0] is searched on the box's PATH
  std::vector<std::string> args; // Python: without the program's name; exec: with it
  std::string input;             // stdin
  std::vector<BoxFile> files;
  Limits limits;
  bool loopback = false; // a private network that holds nothing but this box
  int channel = -1;      // becomes descriptor 3 of the program
};

// A Python program by the zygote: a fork, no interpreter start.
inline BoxJob python_job(std::string source, std::string input = "") {
  BoxJob job;
  job.engine = BoxEngine::python;
  job.work = BoxWork::script;
  job.source = std::move(source);
  job.input = std::move(input);
  return job;
}

inline BoxJob command_job(std::vector<std::string> args, std::string input = "") {
  BoxJob job;
  job.args = std::move(args);
  job.input = std::move(input);
  return job;
}

} // namespace proctor
