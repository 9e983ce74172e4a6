// SPDX-License-Identifier: MIT
#pragma once

// The text side of a Hugging Face model directory: tokenizer.json, or vocab.json and merges.txt, with
// tokenizer_config.json, special_tokens_map.json, added_tokens.json and chat_template.jinja where they are there.

#include <map>
#include <optional>
#include <string>

#include "harness/text/chat_template.h"
#include "harness/text/tokenizer.h"

namespace proctor {

struct ModelText {
  Tokenizer tokenizer;
  std::optional<ChatTemplate> chat; // nullopt: the model has no template
};

// `path`: a directory, or one tokenizer.json. On failure: a usage error that names the file and its key or line.
Result<ModelText> load_model_text(const std::string& path);

// Only the tokenizer. Not an error when the chat template is beyond what this program reads.
Result<Tokenizer> load_tokenizer(const std::string& path);

} // namespace proctor
