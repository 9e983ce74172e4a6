// SPDX-License-Identifier: MIT
#pragma once

// What a tokenizer is, independent of the file it came from: the readers fill it, Tokenizer::make checks and builds.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/text/pre_tokenizer.h"
#include "harness/text/tokenizer.h"

namespace proctor {

// Matched in the text before anything else (Hugging Face AddedToken).
struct AddedToken {
  TokenId id = 0;
  std::string content;
  bool special = false;     // a control token
  bool normalized = false;  // matched after normalisation, and after the tokens that are not
  bool lstrip = false;      // takes the blanks before it
  bool rstrip = false;      // takes the blanks after it
  bool single_word = false; // not within a word
};

enum class VocabularyKind {
  byte_level,    // pieces are written in GPT-2's byte alphabet
  sentencepiece, // pieces are UTF-8 with U+2581 for a space, bytes are written <0xNN>
};

// A space of the tokenizer's own before each stretch of text between added tokens.
enum class SpacePrefix {
  none,
  unless_blank, // only where the text does not begin with a space
  always,
};

struct TokenizerSpec {
  VocabularyKind kind = VocabularyKind::byte_level;
  std::vector<std::pair<std::string, TokenId>> pieces;     // ids unique, in any order
  std::vector<std::pair<std::string, std::string>> merges; // best first
  std::vector<float> scores;                               // sentencepiece without merges: of pieces, in their order
  std::vector<AddedToken> added;
  std::vector<PreTokenizer> pre_tokenizers; // applied one within the pieces of the other
  bool nfc = false;
  bool ignore_merges = false; // a pre-token that is a piece is that piece
  SpacePrefix space_prefix = SpacePrefix::none;
  std::optional<TokenId> bos, eos, unknown;
  std::vector<TokenId> prefix, suffix; // what add_special puts around a text
};

} // namespace proctor
