// SPDX-License-Identifier: MIT
#include "backends/engine/model/config.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace proctor {
namespace {

constexpr int64_t kMostOfAnything = 1 << 24; // no dimension of a real model comes near

Error bad_config_key(std::string_view key, std::string_view why) { return usage_error(fmt::format("{}: {}", key, why)); }

Status check_architecture(std::string_view name) {
  if (name == "llama" || name == "qwen2" || name == "qwen3") return {};
  return usage_error(fmt::format("architecture {} is not supported; this build runs llama, qwen2 and qwen3", name));
}

Status check_range(std::string_view what, int64_t value, int64_t most = kMostOfAnything) {
  if (value >= 1 && value <= most) return {};
  return usage_error(fmt::format("{} is {}, between 1 and {} is possible", what, value, most));
}

Status check_rope(const RopeConfig& rope) {
  if (!(rope.theta > 1)) return usage_error(fmt::format("rope theta is {}, above 1 is wanted", rope.theta));
  if (rope.scaling == RopeScaling::none) return {};
  if (!(rope.factor > 0) || !std::isfinite(rope.factor)) return usage_error("rope scaling has no positive factor");
  bool needs_original = rope.scaling == RopeScaling::llama3 || rope.scaling == RopeScaling::yarn;
  if (needs_original && !(rope.original_positions > 0))
    return usage_error("rope scaling lacks the original context length");
  if (rope.scaling == RopeScaling::llama3 && !(rope.high_freq > rope.low_freq))
    return usage_error("rope scaling: high_freq_factor must be above low_freq_factor");
  return {};
}

Status validate(const ModelConfig& c) {
  const std::pair<const char*, int64_t> sizes[] = {
      {"the number of layers", c.layers}, {"the hidden size", c.hidden},
      {"the number of heads", c.heads},   {"the number of kv heads", c.kv_heads},
      {"the head size", c.head_dim},      {"the feed-forward size", c.ffn},
      {"the vocabulary", c.vocab},        {"the context length", c.max_positions}};
  for (auto& [what, value] : sizes)
    if (Status good = check_range(what, value); !good) return good;
  if (Status good = check_range("the number of layers", c.layers, 1000); !good) return good;
  if (Status good = check_range("the head size", c.head_dim, 1024); !good) return good;
  if (c.head_dim % 2 != 0) return usage_error(fmt::format("the head size {} is odd", c.head_dim));
  if (c.heads > (1 << 16) || c.heads % c.kv_heads != 0)
    return usage_error(fmt::format("{} heads cannot share {} kv heads", c.heads, c.kv_heads));
  if (!(c.norm_eps > 0) || !std::isfinite(c.norm_eps))
    return usage_error(fmt::format("the norm's epsilon is {}", c.norm_eps));
  return check_rope(c.rope);
}

// ---- config.json

Result<int> int_of(const Json& config, const char* key) {
  auto value = get_int(config, key);
  if (!value) return bad_config_key(key, "a whole number is wanted");
  if (Status good = check_range(key, *value); !good) return good.error();
  return static_cast<int>(*value);
}

Result<RopeScaling> scaling_named(std::string_view name) {
  if (name == "default" || name == "none") return RopeScaling::none;
  if (name == "linear") return RopeScaling::linear;
  if (name == "llama3") return RopeScaling::llama3;
  if (name == "yarn") return RopeScaling::yarn;
  return usage_error(fmt::format("rope scaling {} is not supported; this build has linear, llama3 and yarn", name));
}

void set_number(double& field, const Json& object, const char* key) {
  if (auto value = get_number(object, key)) field = *value;
}

// Three spellings: rope_theta beside rope_scaling; rope_theta inside it; transformers 5's rope_parameters, of which
// nothing counts beside a rope_scaling.
Result<RopeConfig> rope_from_json(const Json& config) {
  RopeConfig rope;
  set_number(rope.theta, config, "rope_theta");
  set_number(rope.original_positions, config, "max_position_embeddings");
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const Json* scaling = find_member(config, key);
    if (scaling == nullptr || !scaling->is_object() || scaling->empty()) continue;
    auto type = get_string(*scaling, "rope_type");
    if (!type) type = get_string(*scaling, "type");
    auto known = scaling_named(type.value_or("default"));
    if (!known) return in_context(key, known.error());
    rope.scaling = *known;
    set_number(rope.theta, *scaling, "rope_theta");
    set_number(rope.factor, *scaling, "factor");
    set_number(rope.original_positions, *scaling, "original_max_position_embeddings");
    set_number(rope.low_freq, *scaling, "low_freq_factor");
    set_number(rope.high_freq, *scaling, "high_freq_factor");
    set_number(rope.beta_fast, *scaling, "beta_fast");
    set_number(rope.beta_slow, *scaling, "beta_slow");
    set_number(rope.attention_factor, *scaling, "attention_factor");
    if (get_number(*scaling, "mscale") || get_number(*scaling, "mscale_all_dim"))
      return bad_config_key(key, "mscale (DeepSeek's form of yarn) is not supported");
    break;
  }
  return rope;
}

Status check_features(const Json& config) {
  auto act = get_string(config, "hidden_act");
  if (act && *act != "silu") return bad_config_key("hidden_act", fmt::format("{} is not supported, only silu", *act));
  if (get_bool(config, "mlp_bias").value_or(false)) return bad_config_key("mlp_bias", "is not supported");
  if (get_bool(config, "use_sliding_window").value_or(false))
    return bad_config_key("use_sliding_window", "is not supported");
  if (get_number(config, "partial_rotary_factor").value_or(1) != 1)
    return bad_config_key("partial_rotary_factor", "is not supported");
  const Json* quantised = find_member(config, "quantization_config");
  if (quantised != nullptr && quantised->is_object())
    return bad_config_key("quantization_config",
                   fmt::format("{} weights are not supported on this device; use F32, F16 or BF16, or a GGUF",
                               get_string(*quantised, "quant_method").value_or("quantised")));
  return {};
}

Result<std::string> architecture_from_json(const Json& config) {
  auto type = get_string(config, "model_type");
  if (!type) return bad_config_key("model_type", "is missing; is this a model's config.json?");
  if (Status known = check_architecture(*type); !known) return known.error();
  return *type;
}

Status read_sizes(const Json& config, ModelConfig& c) {
  const std::pair<const char*, int*> fields[] = {
      {"num_hidden_layers", &c.layers}, {"hidden_size", &c.hidden}, {"num_attention_heads", &c.heads},
      {"intermediate_size", &c.ffn},    {"vocab_size", &c.vocab},   {"max_position_embeddings", &c.max_positions}};
  for (auto& [key, field] : fields) {
    auto value = int_of(config, key);
    if (!value) return value.error();
    *field = *value;
  }
  c.kv_heads = c.heads;
  c.head_dim = c.hidden / c.heads;
  for (auto& [key, field] : {std::pair("num_key_value_heads", &c.kv_heads), std::pair("head_dim", &c.head_dim)}) {
    const Json* there = find_member(config, key);
    if (there == nullptr || there->is_null()) continue;
    auto value = int_of(config, key);
    if (!value) return value.error();
    *field = *value;
  }
  return {};
}

// ---- GGUF

class GgufKeys {
 public:
  GgufKeys(const Gguf& gguf, std::string prefix) : gguf_(gguf), prefix_(std::move(prefix)) {}

  Result<int> wanted(const std::string& key) const {
    auto value = gguf_.integer(prefix_ + key);
    if (!value) return bad_config_key(prefix_ + key, "a whole number is wanted");
    if (Status good = check_range(prefix_ + key, *value); !good) return good.error();
    return static_cast<int>(*value);
  }
  Result<int> optional(const std::string& key, int otherwise) const {
    return gguf_.keys.contains(prefix_ + key) ? wanted(key) : Result<int>(otherwise);
  }
  double number(const std::string& key, double otherwise) const {
    return gguf_.number(prefix_ + key).value_or(otherwise);
  }
  std::optional<std::string_view> text(const std::string& key) const { return gguf_.text(prefix_ + key); }

 private:
  const Gguf& gguf_;
  std::string prefix_;
};

Result<RopeConfig> rope_from_gguf(const GgufKeys& keys, int max_positions) {
  RopeConfig rope;
  rope.theta = keys.number("rope.freq_base", rope.theta);
  auto scaling = scaling_named(keys.text("rope.scaling.type").value_or("none"));
  if (!scaling) return scaling.error();
  rope.scaling = *scaling;
  rope.factor = keys.number("rope.scaling.factor", 1);
  rope.original_positions = keys.number("rope.scaling.original_context_length", max_positions);
  rope.beta_fast = keys.number("rope.scaling.yarn_beta_fast", rope.beta_fast);
  rope.beta_slow = keys.number("rope.scaling.yarn_beta_slow", rope.beta_slow);
  double attention = keys.number("rope.scaling.attn_factor", 1);
  if (rope.scaling == RopeScaling::yarn) rope.attention_factor = attention * (0.1 * std::log(rope.factor) + 1);
  return rope;
}

Result<int> gguf_vocab(const Gguf& gguf, const GgufKeys& keys) {
  if (auto tensor = gguf.tensors.find("token_embd.weight");
      tensor != gguf.tensors.end() && tensor->second.dims.size() == 2) {
    auto rows = static_cast<int64_t>(std::min<uint64_t>(tensor->second.dims[1], INT32_MAX));
    if (Status good = check_range("the rows of token_embd.weight", rows); !good) return good.error();
    return static_cast<int>(rows);
  }
  return keys.wanted("vocab_size");
}

Status read_gguf_sizes(const GgufKeys& keys, ModelConfig& c) {
  const std::pair<const char*, int*> fields[] = {{"block_count", &c.layers},
                                                 {"embedding_length", &c.hidden},
                                                 {"feed_forward_length", &c.ffn},
                                                 {"attention.head_count", &c.heads},
                                                 {"context_length", &c.max_positions}};
  for (auto& [key, field] : fields) {
    auto value = keys.wanted(key);
    if (!value) return value.error();
    *field = *value;
  }
  auto kv_heads = keys.optional("attention.head_count_kv", c.heads);
  if (!kv_heads) return kv_heads.error();
  c.kv_heads = *kv_heads;
  auto head_dim = keys.optional("attention.key_length", c.hidden / c.heads);
  if (!head_dim) return head_dim.error();
  c.head_dim = *head_dim;
  auto value_dim = keys.optional("attention.value_length", c.head_dim);
  auto rope_dim = keys.optional("rope.dimension_count", c.head_dim);
  if (!value_dim || *value_dim != c.head_dim)
    return usage_error("keys and values of different sizes are not supported");
  if (!rope_dim || *rope_dim != c.head_dim) return usage_error("rotating only a part of each head is not supported");
  return {};
}

} // namespace

Result<ModelConfig> config_from_json(const Json& config) {
  ModelConfig c;
  auto architecture = architecture_from_json(config);
  if (!architecture) return architecture.error();
  c.architecture = *architecture;
  if (Status features = check_features(config); !features) return features.error();
  if (Status sizes = read_sizes(config, c); !sizes) return sizes.error();
  c.norm_eps = static_cast<float>(get_number(config, "rms_norm_eps").value_or(1e-6));
  c.tied = get_bool(config, "tie_word_embeddings").value_or(false);
  bool bias = get_bool(config, "attention_bias").value_or(false);
  c.qkv_bias = c.architecture == "qwen2" || bias;
  c.out_bias = c.architecture != "qwen2" && bias;
  c.qk_norm = c.architecture == "qwen3";
  auto rope = rope_from_json(config);
  if (!rope) return rope.error();
  c.rope = *rope;
  if (Status good = validate(c); !good) return good.error();
  return c;
}

Result<ModelConfig> config_from_gguf(const Gguf& gguf) {
  ModelConfig c;
  auto architecture = gguf.text("general.architecture");
  if (!architecture) return bad_config_key("general.architecture", "is missing");
  if (Status known = check_architecture(*architecture); !known) return known.error();
  c.architecture = *architecture;
  GgufKeys keys(gguf, c.architecture + ".");
  if (Status sizes = read_gguf_sizes(keys, c); !sizes) return sizes.error();
  auto vocab = gguf_vocab(gguf, keys);
  if (!vocab) return vocab.error();
  c.vocab = *vocab;
  c.norm_eps = static_cast<float>(keys.number("attention.layer_norm_rms_epsilon", 1e-6));
  c.tied = !gguf.tensors.contains("output.weight");
  c.qkv_bias = gguf.tensors.contains("blk.0.attn_q.bias");
  c.out_bias = gguf.tensors.contains("blk.0.attn_output.bias");
  c.qk_norm = c.architecture == "qwen3";
  auto rope = rope_from_gguf(keys, c.max_positions);
  if (!rope) return rope.error();
  c.rope = *rope;
  for (const char* key :
       {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"})
    if (auto id = gguf.integer(key); id && *id >= 0 && *id < c.vocab) c.eos.push_back(static_cast<int32_t>(*id));
  if (Status good = validate(c); !good) return good.error();
  return c;
}

int64_t matrix_weights(const ModelConfig& c) {
  int64_t layer = int64_t{c.hidden} * (2 * c.q_size() + 2 * c.kv_size() + 3 * c.ffn);
  return layer * c.layers + int64_t{c.hidden} * c.vocab;
}

} // namespace proctor
