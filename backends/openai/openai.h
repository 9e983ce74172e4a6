// SPDX-License-Identifier: MIT
#pragma once

// Models behind an OpenAI-compatible server (vLLM, SGLang, llama.cpp, TGI, the vendors' own). docs/endpoint.md is the
// contract: what is sent, what is made of each answer, what counts as trouble and what is done about it.

#include <memory>
#include <optional>
#include <string>

#include "backends/openai/request.h"
#include "backends/openai/url.h"
#include "harness/backend.h"

namespace proctor {

struct OpenAiOptions {
  NamedEndpoint endpoint;
  RequestOptions request;          // request.model empty: the endpoint's name
  std::string key;                 // bearer token; empty: none
  int max_connections = 64;        // requests in flight, 1 to 4096
  std::optional<double> retry_for; // seconds without an answer; absent: 20 at the start, 300 later
  double idle_seconds = 60;        // silence in the middle of a stream
  double first_seconds = 600;  // silence before its first event; an answer that is not streamed: see total_patience
  int samples_per_request = 1; // `n` of one request, for servers that honour it
  bool unlisted = false;       // go on with a model that the server's list does not hold
};

// Nothing is sent before prepare() or generate(). On failure: a usage error.
Result<std::unique_ptr<Backend>> make_openai_backend(OpenAiOptions options);

} // namespace proctor
