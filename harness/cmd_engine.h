// SPDX-License-Identifier: MIT
#pragma once

// A model that runs in this process, from the words of the command line.

#include "backends/engine/engine_backend.h"
#include "harness/cmd_models.h"

namespace proctor {

// --device, --threads, --thinking, --max-connections and --model_args. On failure: a usage error that names the
// option.
Result<EngineModelOptions> engine_options(const ModelArgs& args);

Result<Model> make_engine_model(const ModelArgs& args);

// The text side of a model: an embedded one, a .gguf, or what load_model_text() and load_tokenizer() read.
Result<ModelText> load_text_of(const std::string& name);
Result<Tokenizer> load_tokenizer_of(const std::string& name);

} // namespace proctor
