// SPDX-License-Identifier: MIT
#pragma once

// A checked TokenizerSpec in the form in which encoding uses it: pieces as the bytes they stand for, merges by id.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/result.h"
#include "harness/text/bpe.h"
#include "harness/text/token_table.h"
#include "harness/text/tokenizer_spec.h"

namespace proctor {

inline constexpr std::string_view kSentencePieceSpace = "\u2581";

// U+2581 as spaces: what a SentencePiece piece stands for.
std::string without_space_marks(std::string_view text);

// The byte of "<0xNN>".
std::optional<uint8_t> byte_token(std::string_view piece);

struct Vocabulary {
  TokenTable table;
  MergeTable merges;
  std::array<TokenId, 256> byte_ids; // TokenTable::kNone: no token for this byte
  std::vector<std::string> inner;    // characters that occur only within pieces; numbered on from table.size()
  std::unordered_map<std::string, TokenId> inner_ids;

  // The symbol that merging begins with, kNone for a character that is part of no piece. SentencePiece only.
  TokenId find_symbol(std::string_view character) const;
  std::string_view inner_character(TokenId id) const; // empty: `id` is a token
  void spell_in_bytes(std::string_view character, std::optional<TokenId> unknown, std::vector<TokenId>& out) const;

  TokenId find_piece(VocabularyKind kind, std::string_view spelling) const;
};

// On failure: a usage error that names the piece, merge, added token or id.
Result<Vocabulary> build_vocabulary(const TokenizerSpec& spec);

} // namespace proctor
