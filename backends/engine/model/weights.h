// SPDX-License-Identifier: MIT
#pragma once

// A model's weights under canonical names, still in the files they came from: GGUF, safetensors, or made up at
// random. Matrices that are multiplied with the same input are stacked (query, key and value; gate and up).

#include <memory>
#include <string>
#include <vector>

#include "backends/engine/format/mapped_file.h"
#include "backends/engine/model/config.h"
#include "backends/engine/model/rope.h"

namespace proctor {

// One matrix of a stack. GGUF's "llama" architecture stores the rows of queries and keys for rotation of neighbours;
// the engine rotates halves, as transformers does, so such rows are put back into that order.
struct MatrixPart {
  TensorView tensor;
  int interleaved_heads = 0; // > 0: rows of so many heads are interleaved

  // Where canonical row r is stored: within a head, stored rows 2i and 2i + 1 are rows i and i + D/2.
  int64_t stored_row(int64_t r) const;
};

// y = concat(part * x for each part) + bias
struct StackedMatrix {
  std::vector<MatrixPart> parts;
  std::vector<float> bias; // empty: none
  int64_t rows() const;
  int64_t cols() const { return parts.front().tensor.cols; }
};

struct LayerWeights {
  std::vector<float> attn_norm, ffn_norm;
  std::vector<float> q_norm, k_norm; // empty where there is none
  StackedMatrix qkv, out, gate_up, down;
};

// Where tensors come from. Its views live as long as it does.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual bool is_gguf() const = 0; // decides the names
  virtual bool has(const std::string& name) const = 0;
  virtual Result<TensorView> get(const std::string& name) const = 0; // errors name file and tensor
  virtual std::string file_of(const std::string& name) const = 0;    // of a tensor that is there
  virtual std::vector<std::string> names() const = 0;                // of all that are there, sorted
};

struct ModelWeights {
  ModelConfig config;
  Rope rope;
  TensorView embedding; // (vocab, hidden)
  std::vector<LayerWeights> layers;
  std::vector<float> out_norm;
  StackedMatrix head; // (vocab, hidden); the embedding where tied
  std::unique_ptr<TensorSource> source;
};

// Finds every tensor and checks its shape. On failure: a usage error that names file and tensor, with the expected
// and the actual shape. A GGUF that holds others is refused, too, as llama.cpp does: the model is another one. Of other
// files, config.json says what the model computes with.
Result<ModelWeights> find_weights(ModelConfig config, std::unique_ptr<TensorSource> source);

// The type that most of the layers' weights have: "Q4_K".
DType main_dtype(const ModelWeights& weights);

} // namespace proctor
