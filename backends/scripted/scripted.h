// SPDX-License-Identifier: MIT
#pragma once

// A scripted stand-in for a model, for demonstrations and tests: it reads the printed text of the generated families
// with readers of its own, works step by step inside <think>, makes slips, sometimes catches them, and answers. It
// sees
// nothing but the prompt, so it is also an independent solver of the questions. Not a neural model, and says so.
//
// A completion is a function of (seed, prompt, options) alone. Tokens are counted as runs of up to four letters or
// three digits, and every other character that is not blank.

#include <memory>

#include "harness/backend.h"

namespace proctor {

struct ScriptedOptions {
  double slip = 0.25;           // probability of a slip in a step that takes thought; easy steps slip less
  double truncate = 0.02;       // probability that a completion is cut off
  double no_format = 0.02;      // probability that the answer is given without its box or tag
  int workers = 1;              // threads that pull work
  double tokens_per_second = 0; // of each worker; 0: as fast as possible, and no seconds are reported
};

// On failure: a usage error that names the option.
Status validate(const ScriptedOptions& options);

// options: validated.
std::unique_ptr<Backend> make_scripted_backend(ScriptedOptions options);

// What it would write for one prompt, before any token limit; pure. For tests and demonstrations.
struct ScriptedReply {
  std::string text;
  bool cut = false;
};
ScriptedReply scripted_reply(std::string_view prompt, bool thinking_opened, uint64_t seed,
                             const ScriptedOptions& options);

} // namespace proctor
