// SPDX-License-Identifier: MIT
#pragma once

// One answer while it is written: token ids become text, the thinking is followed on ids, stop strings end the answer
// but never the thinking.

#include <string>
#include <vector>

#include "harness/completion.h"
#include "harness/text/detokenizer.h"

namespace proctor {

struct TextSampleOptions {
  bool thinking_opened = false;  // by the prompt
  std::vector<std::string> stop; // not empty strings
  bool keep_tokens = false;      // ids and log-probabilities into Completion::extra
};

class TextSample {
 public:
  // tokenizer: must outlive it; null: a model without one, whose ids are written as numbers.
  TextSample(const Tokenizer* tokenizer, TextSampleOptions options);

  // The next token; true when a stop string has ended the answer.
  bool put(TokenId id, float logprob);
  void end_of_sequence(TokenId id, float logprob); // counts it, adds no text

  // Text, split, status, token counts and logprob_sum; the rest of `completion` is kept.
  void finish(FinishReason reason, Completion& completion);

  int64_t n_tokens() const { return n_tokens_; }

 private:
  void count(TokenId id, float logprob);
  void follow_thinking(TokenId id, size_t released_from);
  bool find_stop(size_t released_from);
  const std::string& text() const { return tokenizer_ == nullptr ? numbers_ : detokenizer_->text(); }

  const Tokenizer* tokenizer_;
  const TextSampleOptions options_;
  std::optional<Detokenizer> detokenizer_;
  std::string numbers_; // without a tokenizer
  bool thinking_;
  size_t answer_begin_ = 0;          // end of the last closing tag
  std::optional<size_t> stopped_at_; // where the text ends
  int64_t n_tokens_ = 0, n_reasoning_ = 0;
  double logprob_sum_ = 0;
  Json ids_ = Json::array(), logprobs_ = Json::array();
};

} // namespace proctor
