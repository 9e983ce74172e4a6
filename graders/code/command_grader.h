// SPDX-License-Identifier: MIT
#pragma once

// A grader that is a program of the user's own. It is started anew for every answer, confined like any other program:
// no network, no files but its own. One line of JSON goes to its standard input:
//   {"doc_id","target","answer_text","reasoning","messages","row"}
// and its last line of output is the verdict:
//   {"correct": true|false | "verdict": "correct|incorrect|no_answer", "answer", "vote_key", "reason", "explanation"}
// Whatever else it does (another exit code, no such line, out of time) leaves the answer not graded.

#include <memory>
#include <string>
#include <vector>

#include "graders/graders.h"
#include "graders/sandbox/job.h"

namespace proctor {

struct CommandSpec {
  std::vector<std::string> command; // command[0] is searched on the sandbox's PATH
  std::vector<BoxFile> files;       // beside it
  double cpu_s = 10;
  uint64_t memory_bytes = uint64_t{512} << 20;
};

// sandbox: not nullptr. The fingerprint holds a hash of command and files, so that a changed grader grades again.
std::unique_ptr<Grader> make_command_grader(CommandSpec spec, std::shared_ptr<CodeSandbox> sandbox);

} // namespace proctor
