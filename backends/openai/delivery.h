// SPDX-License-Identifier: MIT
#pragma once

// Turns the choices of an answer into the completions of the samples that were asked for.

#include "backends/openai/exchange.h"

namespace proctor {

struct Answered {
  const Exchange& exchange;
  const RequestOptions& request;
  const Dialect::Known& dialect;
  size_t n;            // samples asked for in this request
  int attempts;        // requests that it took
  std::string replica; // its URL, where there are several; else empty
};

// True when the server gave up on this choice, in whichever words: another attempt may fare better.
bool is_aborted(std::string_view finish);

// False: no word for how an answer ends that is known here. It then counts as one whose end is not known.
bool is_known_finish(std::string_view finish);

// The completion of the i-th sample; of an aborted or filtered choice one with status error, what was written and what
// it used. With n > 1 the tokens, which servers count per request, are shared out by length.
Completion completion_of(const WorkItem& item, size_t i, const Answered& answered);

// The record of a sample that could not be had.
Completion failed_completion(const WorkItem& item, std::string why);

} // namespace proctor
