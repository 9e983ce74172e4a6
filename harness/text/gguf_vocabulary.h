// SPDX-License-Identifier: MIT
#pragma once

// A tokenizer from the metadata of a GGUF file. Whoever reads the file fills the struct; nothing here knows the
// container. Keys and meanings: ggml docs/gguf.md, section "Tokenizer".

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/text/tokenizer.h"

namespace proctor {

// Each field is the key tokenizer.ggml.<name>; what the file lacks stays empty.
struct GgufVocabulary {
  std::string model; // "gpt2": byte-level BPE; "llama": SentencePiece-style BPE
  std::string pre;   // pre-tokenizer: qwen2, llama-bpe, deepseek-v3, gpt-2, smollm, ...; unknown is refused
  std::vector<std::string> tokens;  // by id
  std::vector<float> scores;        // model "llama": one per token
  std::vector<int32_t> token_types; // 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; empty: all 1
  std::vector<std::string> merges;  // "left right", best first
  std::optional<int64_t> bos_token_id, eos_token_id, unknown_token_id;
  std::optional<bool> add_bos_token;    // absent: as the model and pre have it
  std::optional<bool> add_eos_token;    // absent: false
  std::optional<bool> add_space_prefix; // model "llama"; absent: true
};

// On failure: a usage error "WHERE: tokenizer.ggml.KEY: what is wrong". `where` is the file's name.
Result<Tokenizer> make_tokenizer(GgufVocabulary vocabulary, const std::string& where);

} // namespace proctor
