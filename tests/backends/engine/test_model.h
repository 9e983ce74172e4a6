// SPDX-License-Identifier: MIT
#pragma once

// Small models for tests: made up at random or read from a llama2.c checkpoint, and written as GGUF or safetensors in
// any type, so that every loader sees the same weights.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "backends/engine/format/dtype.h"
#include "harness/json.h"

namespace proctor {

struct TestTensor {
  int64_t rows = 1; // 1: a vector
  int64_t cols = 0;
  std::vector<float> values;
};

// Tensors under Hugging Face names; queries and keys in the order for rotating halves.
struct TestModel {
  Json config; // as in config.json
  std::map<std::string, TestTensor> tensors;
};

// Weights from a seeded generator, scaled so that activations stay near 1.
TestModel random_model(Json config, uint64_t seed);

// Small configurations: 2 layers, grouped queries, an odd feed-forward size where the type allows.
Json tiny_config(const std::string& model_type, int head_dim = 16);

// A llama2.c version 0 checkpoint (karpathy/llama2.c, export.py).
TestModel read_llama2c(const std::string& path);

// Matrices are stored in `type` where their rows allow it, else F32. Vectors are F32.
std::string gguf_bytes(const TestModel& model, DType type);
std::string safetensors_bytes(const TestModel& model, DType type);
void write_file(const std::string& path, const std::string& bytes);
void write_hf_directory(const TestModel& model, DType type, const std::string& directory);

// Puts GGUF files together by hand.
class GgufWriter {
 public:
  GgufWriter& text(const std::string& key, const std::string& value);
  GgufWriter& u32(const std::string& key, uint32_t value);
  GgufWriter& f32(const std::string& key, float value);
  GgufWriter& texts(const std::string& key, const std::vector<std::string>& values);
  GgufWriter& floats(const std::string& key, const std::vector<float>& values);
  GgufWriter& ints(const std::string& key, const std::vector<int32_t>& values);
  // dims innermost first
  GgufWriter& tensor(const std::string& name, uint32_t ggml_type, const std::vector<uint64_t>& dims,
                     const std::string& bytes);
  std::string bytes() const;

 private:
  template <class T> void put(T value) { keys_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put_text(const std::string& value);
  void begin_key(const std::string& key, uint32_t type);
  std::string keys_, infos_, data_;
  uint64_t n_keys_ = 0, n_tensors_ = 0;
};

} // namespace proctor
