// SPDX-License-Identifier: MIT
#pragma once

// What a transformer of the supported families is, as data: Llama (Llama 3.x, SmolLM2, R1-Distill-Llama), Qwen2
// (Qwen2.5, R1-Distill-Qwen) and Qwen3 differ in nothing else. Read from a Hugging Face config.json or from GGUF
// keys; what is not supported is refused by name, never approximated.

#include <cstdint>
#include <string>
#include <vector>

#include "backends/engine/format/gguf.h"
#include "harness/json.h"

namespace proctor {

enum class RopeScaling { none, linear, llama3, yarn };

// Rotary position embedding. Sources: transformers modeling_rope_utils.py (all four), arXiv 2309.00071 (yarn).
struct RopeConfig {
  double theta = 10000;
  RopeScaling scaling = RopeScaling::none;
  double factor = 1;
  double original_positions = 0;        // llama3, yarn
  double low_freq = 1, high_freq = 4;   // llama3
  double beta_fast = 32, beta_slow = 1; // yarn
  double attention_factor = 0;          // yarn; 0: 0.1 ln(factor) + 1
  bool truncate = true;                 // yarn: its bounds are whole dimensions
};

struct ModelConfig {
  std::string architecture; // "llama", "qwen2", "qwen3"
  int layers = 0;
  int hidden = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  int ffn = 0;
  int vocab = 0;
  int max_positions = 0;
  float norm_eps = 1e-6f;
  bool tied = false; // the output head is the token embedding
  bool qkv_bias = false;
  bool out_bias = false; // of the attention's output projection
  bool qk_norm = false;  // RMSNorm of every query and key head before the rotation
  RopeConfig rope;
  std::vector<int32_t> eos; // ids that end a sequence
  int drawn_vocab = 0;      // only ids below are drawn: rows after the tokenizer's last id are padding; 0: all

  int q_size() const { return heads * head_dim; }
  int kv_size() const { return kv_heads * head_dim; }
};

// What is not there has the default of transformers or llama.cpp; what is there is of the right kind. On failure: a
// usage error that names the key (and not the file).
Result<ModelConfig> config_from_json(const Json& config);
Result<ModelConfig> config_from_gguf(const Gguf& gguf);

// An id that ends a sequence, once. On failure: no id of the vocabulary.
Status add_end_id(int64_t id, ModelConfig& config);

// Weights of the matrices that one token is multiplied with: what a step must read, and half its operations.
int64_t matrix_weights(const ModelConfig& config);

} // namespace proctor
