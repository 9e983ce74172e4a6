// SPDX-License-Identifier: MIT
#pragma once

// What a server answered: one JSON document or a stream of events, of the chat and of the plain completions API alike
// (OpenAI API reference, "Chat", "Completions"; and what vLLM, SGLang, llama.cpp, TGI, DeepSeek and Mistral make of
// it). Servers answer a stream where none was asked for and the other way round, so the bytes decide.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/openai/sse.h"
#include "harness/completion.h"
#include "harness/json.h"

namespace proctor {

struct ReplyChoice {
  int index = 0;
  std::string text;
  std::string reasoning;     // of a field of its own; empty where the thinking is in the text
  std::string finish_reason; // in the server's words; empty: none was given
  std::optional<Usage> usage = std::nullopt; // of this choice alone, where a stream tells (llama.cpp)
};

// What a server says when it does not answer, as far as it says it.
struct ServerError {
  std::string message; // one line, at most some hundred bytes
  std::string code, type, param;
};

struct Reply {
  enum class Kind {
    answer,
    error,  // the server reports an error, in an error status or in a 200
    broken, // not an answer: empty, cut, not JSON, without choices
  };
  Kind kind = Kind::broken;
  bool cut = false;            // answer: the connection ended before the body did; choices may be missing
  std::string why;             // broken: how
  ServerError error;           // error
  std::vector<ReplyChoice> choices; // answer: by index, each once
  Usage usage;
  std::string model, fingerprint; // as the server names them
};

class ReplyReader {
 public:
  // The next piece of the body of an answer with this status. False: there is no use in reading on.
  bool feed(int status, std::string_view bytes);

  // True once a piece of text or thinking has come.
  bool began() const { return began_; }

  // The whole. cut: the connection ended before the body did.
  Reply finish(bool cut) &&;

 private:
  bool take_event(std::string_view data);
  void take_document(const Json& document);
  void take_choices(const Json& choices);
  void take_choice(const Json& choice, ReplyChoice& into);
  void take_usage(const Usage& usage, bool alone);
  bool parse_and_take(std::string_view json);
  void find_kind(int status, std::string_view bytes);
  void read_stream_end(bool cut);
  void read_document_end(bool cut);

  enum class Form { unknown, document, stream } form_ = Form::unknown;
  int status_ = 0;
  std::string body_; // of a document; the begin of a stream
  SseReader events_;
  Reply reply_;
  int ended_last_ = -1; // the index of the choice
  bool began_ = false, done_ = false, shielded_ = false;
};

// The error that a body holds, in any of the usual shapes, or its text.
ServerError read_server_error(std::string_view body);

} // namespace proctor
