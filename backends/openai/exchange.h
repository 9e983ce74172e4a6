// SPDX-License-Identifier: MIT
#pragma once

// One request and what came of it: what to make of every status, fault and body.

#include "backends/openai/dispatcher.h"
#include "backends/openai/settings.h"
#include "backends/openai/watch.h"

namespace proctor {

// What is to be done after an exchange.
enum class Next {
  deliver,  // the choices are answers
  adapt,    // the server refused a parameter that can go: ask again at once
  retry,    // trouble of this request: ask again after a pause, a bounded number of times
  wait,     // trouble of the server, which the dispatcher accounts for: ask again when it may be better
  give_up,  // this request is refused for good
  stop_run, // the server refuses us: no request will fare better
  drop,     // nobody wants it any more
};

struct Exchange {
  Next next = Next::retry;
  Ending ending;
  Reply reply; // deliver
  std::vector<Completion> aborted; // of these the choices that the server gave up on
  double seconds = 0;
  std::optional<double> ttft; // of a streamed answer
};

struct Asked {
  Dialect::Known dialect; // the request was built with
  Json body;
};

// What an HTTP exchange means; pure but for what the dialect learns. words: the server's, without the key.
Exchange judge(const HttpReply& http, Reply reply, Stopped stopped, const Asked& asked, Dialect& dialect,
               const Url& url);

// Seconds that a server asks to wait (RFC 9110, 10.2.3: a number or a date; and OpenAI's milliseconds); nullopt: it
// asks nothing that can be understood.
std::optional<double> parse_retry_after(std::string_view retry_after, std::string_view milliseconds,
                                        int64_t unix_now);

} // namespace proctor
