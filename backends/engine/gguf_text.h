// SPDX-License-Identifier: MIT
#pragma once

// The text side of a GGUF file: its vocabulary and its chat template.

#include "backends/engine/format/gguf.h"
#include "harness/text/tokenizer_files.h"

namespace proctor {

// where: the file's name, for messages. On failure: a usage error that names the key.
Result<ModelText> load_gguf_text(const Gguf& gguf, const std::string& where);

// The same of a file; the tokenizer alone also where the template is beyond what this program reads.
Result<ModelText> load_gguf_text(const std::string& path);
Result<Tokenizer> load_gguf_tokenizer(const std::string& path);

} // namespace proctor
