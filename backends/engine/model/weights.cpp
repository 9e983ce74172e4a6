// SPDX-License-Identifier: MIT
#include "backends/engine/model/weights.h"

#include <fmt/format.h>
#include <map>
#include <set>

#include "backends/engine/format/quant.h"

namespace proctor {
namespace {

struct Name {
  const char* hf;
  const char* gguf;
};
constexpr Name kEmbedding{"model.embed_tokens.weight", "token_embd.weight"};
constexpr Name kOutNorm{"model.norm.weight", "output_norm.weight"};
constexpr Name kHead{"lm_head.weight", "output.weight"};
constexpr Name kAttnNorm{"input_layernorm", "attn_norm"};
constexpr Name kFfnNorm{"post_attention_layernorm", "ffn_norm"};
constexpr Name kQ{"self_attn.q_proj", "attn_q"}, kK{"self_attn.k_proj", "attn_k"}, kV{"self_attn.v_proj", "attn_v"};
constexpr Name kOut{"self_attn.o_proj", "attn_output"};
constexpr Name kQNorm{"self_attn.q_norm", "attn_q_norm"}, kKNorm{"self_attn.k_norm", "attn_k_norm"};
constexpr const char* kRotation = ".attn_rot_embd.weight"; // old files': what rope.freq_base says, too
constexpr Name kGate{"mlp.gate_proj", "ffn_gate"}, kUp{"mlp.up_proj", "ffn_up"}, kDown{"mlp.down_proj", "ffn_down"};

// Collects tensors; the first failure stays and everything after it does nothing.
class Finder {
 public:
  Finder(const ModelConfig& config, const TensorSource& source) : config_(config), source_(source) {}

  const Status& status() const { return status_; }

  TensorView matrix(const std::string& name, int64_t rows, int64_t cols) {
    if (!status_) return {};
    found_.insert(name);
    auto tensor = source_.get(name);
    if (!tensor) {
      status_ = tensor.error();
      return {};
    }
    if (tensor->rows != rows || tensor->cols != cols) {
      status_ = usage_error(fmt::format("{}: {}, but the configuration wants [{}, {}]", source_.file_of(name),
                                        describe(*tensor), rows, cols));
      return {};
    }
    return *tensor;
  }

  std::vector<float> vector(const std::string& name, int64_t size) {
    TensorView tensor = matrix(name, 1, size);
    if (!status_) return {};
    std::vector<float> values(static_cast<size_t>(size));
    dequantise_row(tensor.type, tensor.data, size, values.data());
    return values;
  }

  std::string global(Name name) const { return source_.is_gguf() ? name.gguf : name.hf; }
  std::string in_layer(int layer, Name name, const char* kind = "weight") const {
    return source_.is_gguf() ? fmt::format("blk.{}.{}.{}", layer, name.gguf, kind)
                             : fmt::format("model.layers.{}.{}.{}", layer, name.hf, kind);
  }

  // The first failure, or that there is a tensor which was not asked for.
  Status check_all_found() const {
    if (!status_ || !source_.is_gguf()) return status_;
    for (const std::string& name : source_.names())
      if (!found_.contains(name) && !name.ends_with(kRotation))
        return usage_error(fmt::format("{}: tensor {} is none that this build computes with in a model of architecture {}",
                                       source_.file_of(name), name, config_.architecture));
    return {};
  }

  int interleaved(int heads) const { return source_.is_gguf() && config_.architecture == "llama" ? heads : 0; }

 private:
  const ModelConfig& config_;
  const TensorSource& source_;
  std::set<std::string> found_;
  Status status_;
};

// A bias in the order of the canonical rows.
void append_bias(const MatrixPart& part, const std::vector<float>& bias, std::vector<float>& all) {
  for (size_t r = 0; r < bias.size(); ++r)
    all.push_back(bias[static_cast<size_t>(part.stored_row(static_cast<int64_t>(r)))]);
}

StackedMatrix find_qkv(Finder& find, const ModelConfig& c, int layer) {
  StackedMatrix stacked;
  struct Wanted {
    Name name;
    int64_t rows;
    int interleaved;
  };
  for (const Wanted& w : {Wanted{kQ, c.q_size(), find.interleaved(c.heads)},
                          Wanted{kK, c.kv_size(), find.interleaved(c.kv_heads)}, Wanted{kV, c.kv_size(), 0}}) {
    stacked.parts.push_back({find.matrix(find.in_layer(layer, w.name), w.rows, c.hidden), w.interleaved});
    if (!c.qkv_bias) continue;
    std::vector<float> bias = find.vector(find.in_layer(layer, w.name, "bias"), w.rows);
    if (find.status()) append_bias(stacked.parts.back(), bias, stacked.bias);
  }
  return stacked;
}

LayerWeights find_layer(Finder& find, const ModelConfig& c, int layer) {
  LayerWeights w;
  w.attn_norm = find.vector(find.in_layer(layer, kAttnNorm), c.hidden);
  w.ffn_norm = find.vector(find.in_layer(layer, kFfnNorm), c.hidden);
  w.qkv = find_qkv(find, c, layer);
  w.out.parts.push_back({find.matrix(find.in_layer(layer, kOut), c.hidden, c.q_size())});
  if (c.out_bias) w.out.bias = find.vector(find.in_layer(layer, kOut, "bias"), c.hidden);
  for (Name name : {kGate, kUp})
    w.gate_up.parts.push_back({find.matrix(find.in_layer(layer, name), c.ffn, c.hidden)});
  w.down.parts.push_back({find.matrix(find.in_layer(layer, kDown), c.hidden, c.ffn)});
  if (!c.qk_norm) return w;
  w.q_norm = find.vector(find.in_layer(layer, kQNorm), c.head_dim);
  w.k_norm = find.vector(find.in_layer(layer, kKNorm), c.head_dim);
  return w;
}

} // namespace

int64_t MatrixPart::stored_row(int64_t r) const {
  if (interleaved_heads == 0) return r;
  int64_t size = tensor.rows / interleaved_heads, in_head = r % size;
  int64_t stored = in_head < size / 2 ? 2 * in_head : 2 * (in_head - size / 2) + 1;
  return r - in_head + stored;
}

int64_t StackedMatrix::rows() const {
  int64_t rows = 0;
  for (const MatrixPart& part : parts) rows += part.tensor.rows;
  return rows;
}

Result<ModelWeights> find_weights(ModelConfig config, std::unique_ptr<TensorSource> source) {
  ModelWeights weights;
  Finder find(config, *source);
  weights.embedding = find.matrix(find.global(kEmbedding), config.vocab, config.hidden);
  weights.out_norm = find.vector(find.global(kOutNorm), config.hidden);
  weights.head.parts.push_back(
      {config.tied ? weights.embedding : find.matrix(find.global(kHead), config.vocab, config.hidden)});
  std::vector<float> divisors;
  if (source->has("rope_freqs.weight")) divisors = find.vector("rope_freqs.weight", config.head_dim / 2);
  for (int layer = 0; layer < config.layers && find.status(); ++layer)
    weights.layers.push_back(find_layer(find, config, layer));
  if (Status all = find.check_all_found(); !all) return all.error();
  weights.rope = make_rope(config.rope, config.head_dim, divisors);
  weights.config = std::move(config);
  weights.source = std::move(source);
  return weights;
}

DType main_dtype(const ModelWeights& weights) {
  std::map<DType, int64_t> values;
  for (const LayerWeights& layer : weights.layers)
    for (const StackedMatrix* matrix : {&layer.qkv, &layer.out, &layer.gate_up, &layer.down})
      for (const MatrixPart& part : matrix->parts) values[part.tensor.type] += part.tensor.rows * part.tensor.cols;
  DType most = DType::f32;
  int64_t largest = 0;
  for (auto& [type, n] : values)
    if (n > largest) {
      most = type;
      largest = n;
    }
  return most;
}

} // namespace proctor
