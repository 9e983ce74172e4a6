// SPDX-License-Identifier: MIT
#pragma once

// The splitting of a text into the pre-tokens within which BPE merges. The patterns are constants of the
// vocabularies; each is matched by hand-written code in linear time, with Oniguruma's meaning of the classes (Unicode
// categories,
// \s = White_Space, (?i:) = Unicode case folding), which is what Hugging Face `tokenizers` uses.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace proctor {

enum class PreTokenizer {
  gpt2,           // ByteLevel use_regex
  qwen2,          // one digit at a time
  llama3,         // up to three digits
  qwen35,         // qwen2 whose letters take marks along
  digits,         // every \p{N} on its own, the rest between
  digit_runs,     // runs of \p{N}, the rest between
  digits3,        // DeepSeek-V3, first of three: \p{N}{1,3}
  cjk,            // DeepSeek-V3, second: runs of Chinese and Japanese letters
  deepseek_words, // DeepSeek-V3, third
};

// The stage whose regular expression in a tokenizer.json is exactly `pattern`; nullopt: not known.
std::optional<PreTokenizer> find_pre_tokenizer(std::string_view pattern);

// Length in bytes of the first piece of `rest`, which is not empty; the next piece is the first of what follows it.
// Bytes that are not UTF-8 count as symbols.
size_t first_piece(PreTokenizer stage, std::string_view rest);

} // namespace proctor
