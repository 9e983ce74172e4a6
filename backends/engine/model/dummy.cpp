// SPDX-License-Identifier: MIT
// Random weights in the shape of a config.json. Random, not zero: processors run faster on zeros.
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "backends/engine/format/quant.h"
#include "backends/engine/model/load.h"
#include "harness/hash.h"
#include "harness/text/file_bytes.h"

namespace proctor {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014).
struct Random {
  uint64_t state;
  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
};

struct Shape {
  int64_t rows, cols;
  bool is_norm;
};

double bytes_of(DType type, double rows, int64_t cols) {
  const DType stored = cols % info(type).block == 0 ? type : DType::f32;
  return rows * static_cast<double>(row_bytes(stored, cols));
}

// Of all matrices.
double weight_bytes(const ModelConfig& c, DType type) {
  const double layer = bytes_of(type, c.q_size() + 2.0 * c.kv_size() + 2.0 * c.ffn, c.hidden) +
                       bytes_of(type, c.hidden, c.q_size()) + bytes_of(type, c.hidden, c.ffn);
  return c.layers * layer + (c.tied ? 1 : 2) * bytes_of(type, c.vocab, c.hidden);
}

Status check_memory(const ModelConfig& config, DType type) {
  const double wanted = weight_bytes(config, type);
  const double there = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (wanted < there) return {};
  return infrastructure_error(fmt::format("weights of this shape take {:.0f} MB as {}, and this machine has {:.0f}; make the model smaller",
                                          wanted * 0x1p-20, info(type).name, there * 0x1p-20));
}

// Tensors are made when they are asked for, and kept.
class RandomTensors : public TensorSource {
 public:
  RandomTensors(ModelConfig config, DType type) : config_(std::move(config)), type_(type) {}

  bool is_gguf() const override { return false; }
  bool has(const std::string&) const override { return false; }
  Result<TensorView> get(const std::string& name) const override {
    auto [entry, is_new] = made_.try_emplace(name);
    Shape shape = shape_of(name);
    DType type = shape.rows == 1 || shape.cols % info(type_).block != 0 ? DType::f32 : type_;
    if (is_new) entry->second = make(name, shape, type);
    return TensorView{name, type, shape.rows, shape.cols, entry->second.data()};
  }
  std::string file_of(const std::string&) const override { return "dummy weights"; }
  std::vector<std::string> names() const override { return {}; } // made when they are asked for

 private:
  Shape shape_of(const std::string& name) const {
    auto ends = [&](std::string_view end) { return name.ends_with(end); };
    const ModelConfig& c = config_;
    if (ends("_norm.weight")) return {1, c.head_dim, true};
    if (ends("norm.weight")) return {1, c.hidden, true};
    if (ends("q_proj.weight")) return {c.q_size(), c.hidden, false};
    if (ends("k_proj.weight") || ends("v_proj.weight")) return {c.kv_size(), c.hidden, false};
    if (ends("q_proj.bias")) return {1, c.q_size(), false};
    if (ends("k_proj.bias") || ends("v_proj.bias")) return {1, c.kv_size(), false};
    if (ends("o_proj.bias")) return {1, c.hidden, false};
    if (ends("o_proj.weight")) return {c.hidden, c.q_size(), false};
    if (ends("gate_proj.weight") || ends("up_proj.weight")) return {c.ffn, c.hidden, false};
    if (ends("down_proj.weight")) return {c.hidden, c.ffn, false};
    return {c.vocab, c.hidden, false};
  }

  // Rows repeat after a while: making up every number would take longer than reading a real file.
  static std::vector<uint8_t> make(const std::string& name, Shape shape, DType type) {
    constexpr int64_t kDistinct = 64;
    size_t bytes = row_bytes(type, shape.cols);
    std::vector<uint8_t> data(bytes * static_cast<size_t>(shape.rows));
    std::vector<float> values(static_cast<size_t>(shape.cols), 1.0f);
    Random random{std::stoull(hash_hex({name}).substr(0, 15), nullptr, 16)};
    for (int64_t r = 0; r < shape.rows; ++r) {
      uint8_t* row = data.data() + static_cast<size_t>(r) * bytes;
      if (r >= kDistinct) {
        std::memcpy(row, data.data() + static_cast<size_t>(r % kDistinct * 37 % kDistinct) * bytes, bytes);
        continue;
      }
      if (!shape.is_norm)
        for (float& value : values)
          value = static_cast<float>(static_cast<double>(random.next() >> 11) * 0x1p-53 - 0.5) * 0.07f;
      quantise_row(type, values.data(), shape.cols, row);
    }
    return data;
  }

  ModelConfig config_;
  DType type_;
  mutable std::map<std::string, std::vector<uint8_t>> made_;
};

} // namespace

Result<ModelFiles> make_dummy_model(const std::string& config_path, DType type) {
  auto text = read_text_file(config_path);
  if (!text) return text.error();
  auto json = parse_json(*text, config_path);
  if (!json) return json.error();
  auto config = config_from_json(*json);
  if (!config) return in_context(config_path, config.error());
  if (info(type).block > 32 || type == DType::iq4_nl)
    return usage_error(
        fmt::format("dummy weights of type {} are not made; q4_0, q4_1, q5_0, q5_1, q8_0, bf16, f16 and f32 are",
                    info(type).name));
  if (Status fits = check_memory(*config, type); !fits) return in_context(config_path, fits.error());
  ModelFiles files;
  files.path = config_path;
  files.name = fmt::format("dummy-{}", std::filesystem::path(config_path).stem().string());
  files.digest = hash_hex({"dummy", info(type).name, *text});
  auto source = std::make_unique<RandomTensors>(*config, type);
  auto weights = find_weights(std::move(*config), std::move(source));
  if (!weights) return weights.error();
  files.weights = std::move(*weights);
  return files;
}

} // namespace proctor
