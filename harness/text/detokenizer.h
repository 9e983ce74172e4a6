// SPDX-License-Identifier: MIT
#pragma once

// Token ids to text as they come, never splitting a character, with the places of the think tokens, so that the
// reasoning split (think_split.h) is made on ids: a quoted "</think>" that was spelled letter by letter is no tag.

#include <string>
#include <string_view>
#include <vector>

#include "harness/text/think_split.h"
#include "harness/text/tokenizer.h"

namespace proctor {

struct DetokenizeOptions {
  bool skip_special = true; // control tokens leave no text
};

// One stream of ids, which goes on after a prompt: SentencePiece's leading space stays. Keeps a reference to the tokenizer, which must outlive it.
class Detokenizer {
 public:
  explicit Detokenizer(const Tokenizer& tokenizer, DetokenizeOptions options = {});

  // Takes the next id; returns the text that this completes, whole characters only, valid until the next call. A byte
  // that can begin or continue no character is handed on as it is.
  std::string_view put(TokenId id);

  // The bytes of a last, incomplete character; most often nothing.
  std::string_view finish();

  // All that was returned so far.
  const std::string& text() const { return text_; }

  // The think tokens met so far, as bytes of text(). When the vocabulary has no such tokens: the tags found by their
  // spelling.
  std::vector<ThinkTag> tags() const;

 private:
  std::string_view put_think_tag(TokenId id);
  std::string_view release(size_t bytes);
  const Tokenizer& tokenizer_;
  DetokenizeOptions options_;
  std::string text_; // released
  std::string held_; // the beginning of a character
  std::vector<ThinkTag> tags_;
};

} // namespace proctor
