// SPDX-License-Identifier: MIT
#pragma once

// What is asked of a server: the JSON body of a request, and which of its parameters the server turned out to refuse.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/openai/reply.h"
#include "harness/backend.h"

namespace proctor {

enum class Api {
  chat,        // /chat/completions: the server applies the model's chat template
  completions, // /completions: the messages' texts one after the other, as they are; the server puts the BOS before
};

// What all requests of a run have in common.
struct RequestOptions {
  Api api = Api::chat;
  std::string model; // the id that is sent
  bool stream = true;
  std::string reasoning_effort; // empty: not sent
  std::optional<bool> thinking; // absent: as the server has it
  Json extra = Json::object();  // merged into every request, and stronger than what proctor sends
};

// On failure: a usage error. `extra` may not change what proctor has to know: model, prompt, n, stream; nor give the
// sampling, which reports and gates know by the options of the run. A null keeps a parameter of the sampling from being
// sent (unsent()).
Status validate(const RequestOptions& options);

// The parameters of the sampling that `extra` keeps from the server.
std::vector<std::string> unsent(const Json& extra);

// What is known about a server's taste in parameters; thread-safe. Servers refuse parameters in words of their own;
// a parameter that an error names is left out from then on, or spelled as the error asks, and remembered as refused.
class Dialect {
 public:
  explicit Dialect(Json fixed) : fixed_(std::move(fixed)) {} // fixed: parameters that stay, whatever the server says

  // A copy to build one request with.
  struct Known {
    std::map<std::string, std::string> refused; // name -> the server's words
    bool max_completion_tokens = false;         // the token limit's newer name (o1)
  };
  Known known() const;

  // Learns from a refusal of a request that was built with `used`. True when asking again makes sense.
  bool learn(const Known& used, const Json& body, const ServerError& error);

  // A parameter that was accepted and had no effect.
  void ignored(const std::string& name);
  std::vector<std::string> ignored() const;

 private:
  const Json fixed_;
  mutable std::mutex mutex_;
  Known known_;
  std::vector<std::string> ignored_;
};

// The body of one request for `n` samples of an item. The seed goes out as its low 31 bits, which every server takes.
// Stop strings are sent only when there is no thinking that they could cut off.
Json request_body(const RequestOptions& options, const Dialect::Known& dialect, const WorkItem& item, int n);

// The path below the API's base.
std::string request_path(Api api);

// True when the stop strings are the server's to apply: it was told not to think.
bool server_applies_stop(const RequestOptions& options);

// Cuts an answer at the first stop string; true when there was one.
bool cut_at_stop(std::string& answer, const std::vector<std::string>& stop);

} // namespace proctor
