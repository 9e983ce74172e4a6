// SPDX-License-Identifier: MIT
#include "tests/backends/engine/test_model.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "backends/engine/format/quant.h"
#include "harness/check.h"

namespace proctor {
namespace {

template <class T> void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Sums of uniforms are normal enough.
struct Normal {
  uint64_t state;
  double uniform() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state >> 11) * 0x1p-53;
  }
  double next() { return (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508; }
};

int64_t at(const Json& config, const char* key) { return get_int(config, key).value(); }

void add(TestModel& model, const std::string& name, int64_t rows, int64_t cols) {
  model.tensors[name] = {rows, cols, std::vector<float>(static_cast<size_t>(rows * cols))};
}

void add_all(TestModel& model) {
  const Json& c = model.config;
  int64_t hidden = at(c, "hidden_size"), heads = at(c, "num_attention_heads"), kv = at(c, "num_key_value_heads"),
          dim = at(c, "head_dim");
  int64_t ffn = at(c, "intermediate_size"), vocab = at(c, "vocab_size");
  bool qwen2 = get_string(c, "model_type") == "qwen2", qwen3 = get_string(c, "model_type") == "qwen3";
  add(model, "model.embed_tokens.weight", vocab, hidden);
  add(model, "model.norm.weight", 1, hidden);
  if (!get_bool(c, "tie_word_embeddings").value_or(false)) add(model, "lm_head.weight", vocab, hidden);
  for (int64_t l = 0; l < at(c, "num_hidden_layers"); ++l) {
    std::string p = fmt::format("model.layers.{}.", l);
    add(model, p + "input_layernorm.weight", 1, hidden);
    add(model, p + "post_attention_layernorm.weight", 1, hidden);
    for (auto& [name, n] : {std::pair("q", heads), std::pair("k", kv), std::pair("v", kv)}) {
      add(model, p + "self_attn." + name + "_proj.weight", n * dim, hidden);
      if (qwen2) add(model, p + "self_attn." + name + "_proj.bias", 1, n * dim);
      if (qwen3 && *name != 'v') add(model, p + "self_attn." + name + "_norm.weight", 1, dim);
    }
    add(model, p + "self_attn.o_proj.weight", hidden, heads * dim);
    add(model, p + "mlp.gate_proj.weight", ffn, hidden);
    add(model, p + "mlp.up_proj.weight", ffn, hidden);
    add(model, p + "mlp.down_proj.weight", hidden, ffn);
  }
}

std::string encoded(const TestTensor& tensor, DType type) {
  std::string bytes(row_bytes(type, tensor.cols) * static_cast<size_t>(tensor.rows), '\0');
  for (int64_t r = 0; r < tensor.rows; ++r)
    quantise_row(type, tensor.values.data() + r * tensor.cols, tensor.cols,
                 reinterpret_cast<uint8_t*>(bytes.data()) + static_cast<size_t>(r) * row_bytes(type, tensor.cols));
  return bytes;
}

DType fitting(const TestTensor& tensor, DType type) {
  return tensor.rows == 1 || tensor.cols % info(type).block != 0 ? DType::f32 : type;
}

std::string gguf_name(const std::string& name) {
  const std::pair<const char*, const char*> kNames[] = {
      {"model.embed_tokens", "token_embd"}, {"lm_head", "output"},
      {"input_layernorm", "attn_norm"},     {"post_attention_layernorm", "ffn_norm"},
      {"self_attn.q_proj", "attn_q"},       {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},       {"self_attn.o_proj", "attn_output"},
      {"self_attn.q_norm", "attn_q_norm"},  {"self_attn.k_norm", "attn_k_norm"},
      {"mlp.gate_proj", "ffn_gate"},        {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},        {"model.layers", "blk"},
      {"model.norm", "output_norm"}};
  std::string result = name;
  for (auto& [hf, gguf] : kNames)
    if (size_t found = result.find(hf); found != result.npos) result.replace(found, std::strlen(hf), gguf);
  return result;
}

// Canonical rows to the order that GGUF's llama architecture stores (convert_hf_to_gguf.py, permute).
TestTensor interleaved(const TestTensor& tensor, int64_t heads) {
  TestTensor result = tensor;
  int64_t dim = tensor.rows * (tensor.rows == 1 ? tensor.cols : 1) / heads,
          width = tensor.rows == 1 ? 1 : tensor.cols;
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t i = 0; i < dim / 2; ++i)
      for (int64_t half = 0; half < 2; ++half)
        std::copy_n(tensor.values.data() + (h * dim + half * dim / 2 + i) * width, width,
                    result.values.data() + (h * dim + 2 * i + half) * width);
  return result;
}

void add_keys(GgufWriter& writer, const Json& c) {
  std::string arch = get_string(c, "model_type").value();
  writer.text("general.architecture", arch);
  const std::pair<const char*, const char*> kSizes[] = {{"num_hidden_layers", "block_count"},
                                                        {"hidden_size", "embedding_length"},
                                                        {"intermediate_size", "feed_forward_length"},
                                                        {"num_attention_heads", "attention.head_count"},
                                                        {"num_key_value_heads", "attention.head_count_kv"},
                                                        {"max_position_embeddings", "context_length"},
                                                        {"head_dim", "attention.key_length"},
                                                        {"head_dim", "attention.value_length"}};
  for (auto& [hf, gguf] : kSizes) writer.u32(arch + "." + gguf, static_cast<uint32_t>(at(c, hf)));
  writer.f32(arch + ".attention.layer_norm_rms_epsilon", static_cast<float>(get_number(c, "rms_norm_eps").value()));
  writer.f32(arch + ".rope.freq_base", static_cast<float>(get_number(c, "rope_theta").value()));
}

} // namespace

TestModel random_model(Json config, uint64_t seed) {
  TestModel model{std::move(config), {}};
  add_all(model);
  for (auto& [name, tensor] : model.tensors) {
    Normal normal{seed ^ std::hash<std::string>{}(name)};
    bool norm = name.ends_with("norm.weight");
    double spread = tensor.rows == 1 ? 0.2 : 1.5 / std::sqrt(static_cast<double>(tensor.cols));
    for (float& value : tensor.values) value = static_cast<float>((norm ? 1.0 : 0.0) + spread * normal.next());
  }
  return model;
}

Json tiny_config(const std::string& model_type, int head_dim) {
  return {{"model_type", model_type}, {"hidden_size", 64},        {"intermediate_size", 160},
          {"num_hidden_layers", 2},   {"num_attention_heads", 6}, {"num_key_value_heads", 2},
          {"head_dim", head_dim},     {"vocab_size", 96},         {"max_position_embeddings", 1024},
          {"rms_norm_eps", 1e-5},     {"rope_theta", 10000.0},    {"tie_word_embeddings", model_type != "llama"},
          {"hidden_act", "silu"}};
}

TestModel read_llama2c(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  int32_t head[7];
  std::memcpy(head, bytes.data(), sizeof head);
  int64_t dim = head[0], hidden = head[1], layers = head[2], heads = head[3], kv = head[4], vocab = head[5];
  PROCTOR_CHECK(vocab > 0);
  TestModel model;
  model.config = {{"model_type", "llama"},       {"hidden_size", dim},           {"intermediate_size", hidden},
                  {"num_hidden_layers", layers}, {"num_attention_heads", heads}, {"num_key_value_heads", kv},
                  {"head_dim", dim / heads},     {"vocab_size", vocab},          {"max_position_embeddings", head[6]},
                  {"rms_norm_eps", 1e-5},        {"rope_theta", 10000.0},        {"tie_word_embeddings", true}};
  add_all(model);
  const char* next = bytes.data() + sizeof head;
  auto read = [&](const std::string& name) {
    TestTensor& tensor = model.tensors.at(name);
    std::memcpy(tensor.values.data(), next, tensor.values.size() * 4);
    next += tensor.values.size() * 4;
  };
  auto read_layers = [&](const char* name) {
    for (int64_t l = 0; l < layers; ++l) read(fmt::format("model.layers.{}.{}.weight", l, name));
  };
  read("model.embed_tokens.weight");
  for (const char* name :
       {"input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"})
    read_layers(name);
  read("model.norm.weight");
  // The checkpoint rotates neighbours; Hugging Face's order rotates halves.
  for (auto& [name, tensor] : model.tensors) {
    bool q = name.find("q_proj") != name.npos, k = name.find("k_proj") != name.npos;
    if (!q && !k) continue;
    TestTensor stored = tensor;
    int64_t n = q ? heads : kv, d = tensor.rows / n;
    for (int64_t r = 0; r < tensor.rows; ++r) {
      int64_t in_head = r % d, from = r - in_head + (in_head < d / 2 ? 2 * in_head : 2 * (in_head - d / 2) + 1);
      std::copy_n(stored.values.data() + from * dim, dim, tensor.values.data() + r * dim);
    }
  }
  return model;
}

std::string gguf_bytes(const TestModel& model, DType type) {
  GgufWriter writer;
  add_keys(writer, model.config);
  bool llama = get_string(model.config, "model_type") == "llama";
  for (auto& [name, tensor] : model.tensors) {
    TestTensor stored = tensor;
    if (llama && name.find("q_proj") != name.npos)
      stored = interleaved(tensor, at(model.config, "num_attention_heads"));
    if (llama && name.find("k_proj") != name.npos)
      stored = interleaved(tensor, at(model.config, "num_key_value_heads"));
    DType fits = fitting(tensor, type);
    std::vector<uint64_t> dims = {static_cast<uint64_t>(tensor.cols)};
    if (tensor.rows > 1) dims.push_back(static_cast<uint64_t>(tensor.rows));
    writer.tensor(gguf_name(name), static_cast<uint32_t>(info(fits).ggml_id), dims, encoded(stored, fits));
  }
  return writer.bytes();
}

std::string safetensors_bytes(const TestModel& model, DType type) {
  Json header = Json::object();
  std::string data;
  for (auto& [name, tensor] : model.tensors) {
    DType fits = fitting(tensor, type);
    std::string bytes = encoded(tensor, fits);
    Json shape = tensor.rows == 1 ? Json{tensor.cols} : Json{tensor.rows, tensor.cols};
    header[name] = {
        {"dtype", info(fits).name}, {"shape", shape}, {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    data += bytes;
  }
  std::string text = header.dump(), file;
  append(file, static_cast<uint64_t>(text.size()));
  return file + text + data;
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write_hf_directory(const TestModel& model, DType type, const std::string& directory) {
  std::filesystem::create_directories(directory);
  write_file(directory + "/config.json", model.config.dump());
  write_file(directory + "/model.safetensors", safetensors_bytes(model, type));
}

void GgufWriter::put_text(const std::string& value) {
  put(static_cast<uint64_t>(value.size()));
  keys_ += value;
}

void GgufWriter::begin_key(const std::string& key, uint32_t type) {
  ++n_keys_;
  put_text(key);
  put(type);
}

GgufWriter& GgufWriter::text(const std::string& key, const std::string& value) {
  begin_key(key, 8);
  put_text(value);
  return *this;
}

GgufWriter& GgufWriter::u32(const std::string& key, uint32_t value) {
  begin_key(key, 4);
  put(value);
  return *this;
}

GgufWriter& GgufWriter::f32(const std::string& key, float value) {
  begin_key(key, 6);
  put(value);
  return *this;
}

GgufWriter& GgufWriter::texts(const std::string& key, const std::vector<std::string>& values) {
  begin_key(key, 9);
  put(uint32_t{8});
  put(static_cast<uint64_t>(values.size()));
  for (const std::string& value : values) put_text(value);
  return *this;
}

GgufWriter& GgufWriter::floats(const std::string& key, const std::vector<float>& values) {
  begin_key(key, 9);
  put(uint32_t{6});
  put(static_cast<uint64_t>(values.size()));
  for (float value : values) put(value);
  return *this;
}

GgufWriter& GgufWriter::ints(const std::string& key, const std::vector<int32_t>& values) {
  begin_key(key, 9);
  put(uint32_t{5});
  put(static_cast<uint64_t>(values.size()));
  for (int32_t value : values) put(value);
  return *this;
}

GgufWriter& GgufWriter::tensor(const std::string& name, uint32_t ggml_type, const std::vector<uint64_t>& dims,
                               const std::string& bytes) {
  ++n_tensors_;
  append(infos_, static_cast<uint64_t>(name.size()));
  infos_ += name;
  append(infos_, static_cast<uint32_t>(dims.size()));
  for (uint64_t dim : dims) append(infos_, dim);
  append(infos_, ggml_type);
  append(infos_, static_cast<uint64_t>(data_.size()));
  data_ += bytes;
  data_.resize((data_.size() + 31) / 32 * 32);
  return *this;
}

std::string GgufWriter::bytes() const {
  std::string file = "GGUF";
  append(file, uint32_t{3});
  append(file, n_tensors_);
  append(file, n_keys_);
  file += keys_ + infos_;
  if (n_tensors_ > 0) file.resize((file.size() + 31) / 32 * 32);
  return file + data_;
}

} // namespace proctor
