// SPDX-License-Identifier: MIT
#include "backends/engine/model/config.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <fmt/format.h>

namespace proctor {
namespace {

constexpr int64_t kMostOfAnything = 1 << 24; // no dimension of a real model comes near
constexpr int kQwen3HeadDim = 128;           // of a Qwen3 config.json that does not say it

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
  if (rope.scaling == RopeScaling::llama3 && !(rope.low_freq > 0 && rope.high_freq > rope.low_freq))
    return usage_error("rope scaling: low_freq_factor must be above 0, and high_freq_factor above it");
  if (rope.scaling == RopeScaling::yarn && !(rope.beta_fast > 0 && rope.beta_slow > 0))
    return usage_error("rope scaling: beta_fast and beta_slow must be above 0");
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

// Reads the members of an object, of which null counts as absent. The first failure stays; what is read after it means
// nothing.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}

  const Status& status() const { return status_; }
  bool has(const char* key) const {
    const Json* value = find_member(object_, key);
    return value != nullptr && !value->is_null();
  }
  double number(const char* key) { // that must be there
    auto value = get_number(object_, key);
    if (!value) fail(key, "a number is wanted");
    return value.value_or(0);
  }
  double number(const char* key, double otherwise) { return has(key) ? number(key) : otherwise; }
  bool flag(const char* key, bool otherwise) {
    if (!has(key)) return otherwise;
    auto value = get_bool(object_, key);
    if (!value) fail(key, "true or false is wanted");
    return value.value_or(otherwise);
  }
  std::string text(const char* key, const std::string& otherwise) {
    if (!has(key)) return otherwise;
    auto value = get_string(object_, key);
    if (!value) fail(key, "a text is wanted");
    return value.value_or(otherwise);
  }
  void fail(const char* key, std::string_view why) {
    if (status_) status_ = bad_config_key(key, why);
  }

 private:
  const Json& object_;
  Status status_;
};

Status read_yarn(Members& in, RopeConfig& rope) {
  rope.beta_fast = in.number("beta_fast", rope.beta_fast);
  rope.beta_slow = in.number("beta_slow", rope.beta_slow);
  rope.truncate = in.flag("truncate", true);
  rope.attention_factor = in.number("attention_factor", rope.attention_factor);
  if (in.has("attention_factor") && !(rope.attention_factor > 0)) in.fail("attention_factor", "above 0 is wanted");
  for (const char* key : {"mscale", "mscale_all_dim"})
    if (in.has(key)) in.fail(key, "(DeepSeek's form of yarn) is not supported");
  return in.status();
}

Status read_scaling(const Json& scaling, RopeConfig& rope) {
  for (const auto& [key, value] : scaling.items())
    if (value.is_object()) return bad_config_key(key, "only one description for all layers is supported");
  Members in(scaling);
  auto known = scaling_named(in.text("rope_type", in.text("type", "default")));
  if (!in.status()) return in.status();
  if (!known) return known.error();
  rope.scaling = *known;
  rope.theta = in.number("rope_theta", rope.theta);
  rope.original_positions = in.number("original_max_position_embeddings", rope.original_positions);
  if (in.number("partial_rotary_factor", 1) != 1) in.fail("partial_rotary_factor", "is not supported");
  if (rope.scaling != RopeScaling::none) rope.factor = in.number("factor");
  if (rope.scaling == RopeScaling::yarn) return read_yarn(in, rope);
  if (rope.scaling == RopeScaling::llama3) {
    rope.low_freq = in.number("low_freq_factor");
    rope.high_freq = in.number("high_freq_factor");
  }
  return in.status();
}

// Three spellings: rope_theta beside rope_scaling; rope_theta inside it; transformers 5's rope_parameters, of which
// nothing counts beside a rope_scaling.
Result<RopeConfig> rope_from_json(const Json& config) {
  RopeConfig rope;
  Members in(config);
  rope.theta = in.number("rope_theta", rope.theta);
  rope.original_positions = in.number("max_position_embeddings");
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const Json* scaling = find_member(config, key);
    if (scaling == nullptr || scaling->empty()) continue;
    if (!scaling->is_object()) return bad_config_key(key, "an object is wanted");
    if (Status read = read_scaling(*scaling, rope); !read) return in_context(key, read.error());
    break;
  }
  rope.original_positions = in.number("original_max_position_embeddings", rope.original_positions);
  if (!in.status()) return in.status().error();
  return rope;
}

// As vLLM has it: yarn and linear scaling are there to go beyond what the model was trained on; llama3's context is the
// longer one already.
int scaled_positions(const ModelConfig& c) {
  const double trained = c.rope.scaling == RopeScaling::yarn ? c.rope.original_positions : c.max_positions;
  if (c.rope.scaling != RopeScaling::yarn && c.rope.scaling != RopeScaling::linear) return c.max_positions;
  return std::max(c.max_positions, static_cast<int>(std::min(trained * c.rope.factor, double{INT_MAX})));
}

Status check_features(const Json& config) {
  Members in(config);
  if (std::string act = in.text("hidden_act", "silu"); act != "silu")
    in.fail("hidden_act", fmt::format("{} is not supported, only silu", act));
  for (const char* key : {"mlp_bias", "use_sliding_window"})
    if (in.flag(key, false)) in.fail(key, "is not supported");
  if (in.number("partial_rotary_factor", 1) != 1) in.fail("partial_rotary_factor", "is not supported");
  if (in.has("quantization_config"))
    in.fail("quantization_config",
            fmt::format("{} weights are not supported on this device; use F32, F16 or BF16, or a GGUF",
                        get_string(*find_member(config, "quantization_config"), "quant_method").value_or("quantised")));
  return in.status();
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
  c.head_dim = c.architecture == "qwen3" ? kQwen3HeadDim : c.hidden / c.heads;
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
  // The first failure of these two stays.
  double number(const std::string& key, double otherwise) {
    if (!gguf_.keys.contains(prefix_ + key)) return otherwise;
    auto value = gguf_.number(prefix_ + key);
    if (!value || !std::isfinite(*value)) fail(key, "a number is wanted");
    return value.value_or(otherwise);
  }
  std::string text(const std::string& key, const std::string& otherwise) {
    if (!gguf_.keys.contains(prefix_ + key)) return otherwise;
    auto value = gguf_.text(prefix_ + key);
    if (!value) fail(key, "a text is wanted");
    return std::string(value.value_or(""));
  }
  // A number that must be one of these where it is there: others would have to be computed with.
  void only(const std::string& key, std::initializer_list<double> supported) {
    const double value = number(key, *supported.begin());
    if (std::find(supported.begin(), supported.end(), value) == supported.end()) fail(key, fmt::format("{:.6g} is not supported", value));
  }
  const Status& status() const { return status_; }

 private:
  void fail(const std::string& key, std::string_view why) {
    if (status_) status_ = bad_config_key(prefix_ + key, why);
  }

  const Gguf& gguf_;
  std::string prefix_;
  Status status_;
};

// As llama.cpp reads them: linear where no type is named, by its old key, too, and not scaled where the factor is 0.
Result<RopeConfig> rope_from_gguf(GgufKeys& keys, int max_positions) {
  RopeConfig rope;
  rope.theta = keys.number("rope.freq_base", rope.theta);
  auto scaling = scaling_named(keys.text("rope.scaling.type", "linear"));
  rope.factor = keys.number("rope.scaling.factor", keys.number("rope.scale_linear", 1));
  if (rope.factor == 0) rope.factor = 1;
  rope.original_positions = keys.number("rope.scaling.original_context_length", max_positions);
  rope.beta_fast = keys.number("rope.scaling.yarn_beta_fast", rope.beta_fast);
  rope.beta_slow = keys.number("rope.scaling.yarn_beta_slow", rope.beta_slow);
  double attention = keys.number("rope.scaling.attn_factor", 1);
  if (scaling && *scaling == RopeScaling::yarn) {
    keys.only("rope.scaling.yarn_ext_factor", {1, -1}); // -1: what the type says
    keys.only("rope.scaling.yarn_attn_factor", {1});
    keys.only("rope.scaling.yarn_log_multiplier", {0});
  }
  if (!keys.status()) return keys.status().error();
  if (!scaling) return scaling.error();
  rope.scaling = *scaling;
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

// -1, in 32 bits, is how files say that there is none.
Status add_gguf_end_ids(const Gguf& gguf, ModelConfig& c) {
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    if (!gguf.keys.contains(key)) continue;
    auto id = gguf.integer(key);
    if (!id) return bad_config_key(key, "a token id is wanted");
    if (*id == -1 || *id == UINT32_MAX) continue;
    if (Status added = add_end_id(*id, c); !added) return in_context(key, added.error());
  }
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
  Members in(config);
  c.norm_eps = static_cast<float>(in.number("rms_norm_eps", 1e-6));
  c.tied = in.flag("tie_word_embeddings", false);
  bool bias = in.flag("attention_bias", false);
  if (!in.status()) return in.status().error();
  c.qkv_bias = c.architecture == "qwen2" || bias;
  c.out_bias = c.architecture != "qwen2" && bias;
  c.qk_norm = c.architecture == "qwen3";
  auto rope = rope_from_json(config);
  if (!rope) return rope.error();
  c.rope = *rope;
  if (Status good = check_rope(c.rope); !good) return good.error();
  c.max_positions = scaled_positions(c);
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
  if (Status ends = add_gguf_end_ids(gguf, c); !ends) return ends.error();
  if (Status good = validate(c); !good) return good.error();
  return c;
}

Status add_end_id(int64_t id, ModelConfig& config) {
  if (id < 0 || id >= config.vocab) return usage_error(fmt::format("{} is no token of {}", id, config.vocab));
  if (std::find(config.eos.begin(), config.eos.end(), id) == config.eos.end()) config.eos.push_back(static_cast<int32_t>(id));
  return {};
}

int64_t matrix_weights(const ModelConfig& c) {
  int64_t layer = int64_t{c.hidden} * (2 * c.q_size() + 2 * c.kv_size() + 3 * c.ffn);
  return layer * c.layers + int64_t{c.hidden} * c.vocab;
}

} // namespace proctor
