// SPDX-License-Identifier: MIT
#pragma once

// Text to token ids and back, identical to Hugging Face `tokenizers`: byte-level BPE (Qwen2 to Qwen3, Llama 3,
// DeepSeek-V3 and R1, GPT-2, SmolLM2) and SentencePiece-style BPE with byte fallback (Llama 2, stories260K). How a
// vocabulary is read from files is tokenizer_files.h and gguf_vocabulary.h; streaming back to text is detokenizer.h.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/result.h"
#include "harness/text/token_id.h"

namespace proctor {

struct TokenizerSpec; // tokenizer_spec.h

struct EncodeOptions {
  bool add_special = false;  // what the tokenizer's own post-processor puts around a text, most often one BOS; a text
                             // that begins with the BOS already gets no second one
  bool parse_special = true; // "<|im_end|>" in the text is that token; false: it is spelled with ordinary tokens
};

// Immutable once made; every method may be called from many threads at once. Cheap to move, not copied.
class Tokenizer {
 public:
  // On failure: a usage error that names the offending token, merge or id.
  static Result<Tokenizer> make(TokenizerSpec spec);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Linear in the text, but for a logarithm within one pre-token. Bytes that are not UTF-8 are kept as the bytes they
  // are by byte-level vocabularies. Chat prompts are encoded without add_special: the template wrote the BOS itself.
  std::vector<TokenId> encode(std::string_view text, EncodeOptions options = {}) const;

  // The whole text of `ids` at once; ids that name no token are nothing. May hold half a character where `ids` do.
  std::string decode(std::span<const TokenId> ids, bool skip_special = false) const;

  // One more than the largest id that names a token. A model's logits may have more rows (padding): mask those.
  size_t size() const;
  bool has(TokenId id) const; // false also for holes in the numbering

  // The bytes that one token stands for, possibly part of a character; empty when there is no such token.
  std::string_view bytes(TokenId id) const;

  // A control token (BOS, EOS, "<|im_end|>", ...), which is no part of a text. "<think>" is not one in the
  // vocabularies of reasoning models.
  bool is_special(TokenId id) const;

  // The token that is written so in the vocabulary: an added token by its content, else the exact piece.
  std::optional<TokenId> find(std::string_view content) const;

  std::optional<TokenId> bos() const;
  std::optional<TokenId> eos() const; // of the tokenizer; generation_config.json may name several
  bool adds_bos() const;              // with add_special

  // "<think>" and "</think>" where each of them is one added token.
  std::optional<TokenId> think_open() const;
  std::optional<TokenId> think_close() const;

  // True where the first piece of a text carries a space of its own that decode() takes off again (SentencePiece).
  bool strips_leading_space() const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

} // namespace proctor
