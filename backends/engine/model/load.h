// SPDX-License-Identifier: MIT
#pragma once

// Opens a model: a .gguf file (with its -00001-of-000NN siblings), a Hugging Face directory, or random weights in the
// shape of a config.json.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/engine/model/weights.h"

namespace proctor {

struct ModelFiles {
  ModelWeights weights;
  std::string name;           // of the file or folder, for tables
  std::string digest;         // of headers and sampled blocks
  std::string tokenizer_digest; // of all that makes text ids; empty: dummy weights
  std::string path;           // as given
  const Gguf* gguf = nullptr; // the first file's keys, where it is GGUF; lives as long as `weights`
  Json generation;            // generation_config.json; null where there is none
};

// On failure: a usage error that names the file and the key or tensor.
Result<ModelFiles> open_gguf_model(const std::string& path);
Result<ModelFiles> open_hf_model(const std::string& directory);

// Random weights of one type in the shape of a config.json: for measuring speed. Equal arguments give equal weights.
Result<ModelFiles> make_dummy_model(const std::string& config_path, DType type);

} // namespace proctor
