// SPDX-License-Identifier: MIT
#pragma once

// Reads the two spellings of a Hugging Face BPE tokenizer into a TokenizerSpec.

#include <string>

#include "harness/result.h"
#include "harness/text/tokenizer_spec.h"

namespace proctor {

// tokenizer.json. What it asks for and this program does not do is refused by name. On failure: a usage error
// "WHERE: key: what is wrong".
Result<TokenizerSpec> parse_tokenizer_json(const std::string& text, const std::string& where);

// vocab.json: {"piece": id}. Fills `pieces`.
Status parse_vocab_json(const std::string& text, const std::string& where, TokenizerSpec& spec);

// merges.txt: "left right" a line, best first, after an optional "#version" line. Fills `merges`.
Status parse_merges_text(std::string_view text, const std::string& where, TokenizerSpec& spec);

// added_tokens.json {"<|im_end|>": 151645} or tokenizer_config.json's added_tokens_decoder {"151645": {"content",
// ...}}: appends those tokens that are not there yet.
Status parse_added_tokens(const std::string& text, const std::string& where, TokenizerSpec& spec);

} // namespace proctor
