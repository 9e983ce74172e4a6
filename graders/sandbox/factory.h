// SPDX-License-Identifier: MIT
#pragma once

// Factories: processes that were confined once and from which boxes are forked. The exec factory is a fork of boxd; the
// Python factory (the zygote) an interpreter with the usual modules imported, which has never seen a question.

#include <string>
#include <vector>

#include "graders/sandbox/confinement.h"
#include "graders/sandbox/fd.h"
#include "graders/sandbox/mounts.h"
#include "graders/sandbox/wire.h"

namespace proctor {

struct FactorySpec {
  BoxEngine engine = BoxEngine::exec;
  Confinement confinement;
  std::string python;             // the interpreter
  std::vector<std::string> trees; // its read-only directories
  std::vector<std::string> paths; // its sys.path
  std::vector<std::string> prepared; // programs that it compiles before it serves
  std::string library;            // libproctor_box.so
};

struct Factory {
  Fd control; // MakeWire and MadeWire
  Fd pidfd;
  pid_t pid = -1;
};

// Starts it; whether it got through its set-up comes as a MadeWire of kFactoryItself on `control`.
Failure start_factory(const FactorySpec& spec, Factory& factory);

// A Confinement as one argument of the zygote, and back.
std::string encode_confinement(const Confinement& confinement);
Confinement decode_confinement(const std::string& text);

} // namespace proctor
