// SPDX-License-Identifier: MIT
// Definitions: transformers modeling_llama.py, modeling_qwen2.py, modeling_qwen3.py; rope scalings: arXiv 2309.00071
// and Llama 3.1's published rule.
#include "tests/backends/engine/oracle.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

namespace proctor {
namespace {

using Row = std::vector<double>;

struct Oracle {
  const TestModel& model;
  int64_t dim, heads, kv, layers;
  double eps, theta;

  explicit Oracle(const TestModel& m) : model(m) {
    dim = get_int(m.config, "head_dim").value();
    heads = get_int(m.config, "num_attention_heads").value();
    kv = get_int(m.config, "num_key_value_heads").value();
    layers = get_int(m.config, "num_hidden_layers").value();
    eps = get_number(m.config, "rms_norm_eps").value();
    theta = get_number(m.config, "rope_theta").value();
  }

  const TestTensor* find(const std::string& name) const {
    auto found = model.tensors.find(name);
    return found == model.tensors.end() ? nullptr : &found->second;
  }

  Row linear(const Row& x, const std::string& name) const {
    const TestTensor& w = *find(name + ".weight");
    const TestTensor* bias = find(name + ".bias");
    Row y(static_cast<size_t>(w.rows));
    for (int64_t r = 0; r < w.rows; ++r) {
      double sum = bias == nullptr ? 0 : static_cast<double>(bias->values[static_cast<size_t>(r)]);
      for (size_t k = 0; k < x.size(); ++k) sum += static_cast<double>(w.values[static_cast<size_t>(r) * x.size() + k]) * x[k];
      y[static_cast<size_t>(r)] = sum;
    }
    return y;
  }

  void normalise(double* x, size_t n, const std::string& name) const {
    const TestTensor& gain = *find(name + ".weight");
    double squares = 0;
    for (size_t i = 0; i < n; ++i) squares += x[i] * x[i];
    for (size_t i = 0; i < n; ++i) x[i] *= static_cast<double>(gain.values[i]) / std::sqrt(squares / static_cast<double>(n) + eps);
  }

  // Angle per position of a pair, and what cosines are multiplied with.
  double frequency(int64_t pair, double& magnitude) const {
    double f = std::pow(theta, -2.0 * static_cast<double>(pair) / static_cast<double>(dim));
    const Json* scaling = find_member(model.config, "rope_scaling");
    if (scaling == nullptr || !scaling->is_object()) return f;
    std::string type = get_string(*scaling, "rope_type").value();
    double s = get_number(*scaling, "factor").value(), pi = std::numbers::pi;
    if (type == "linear") return f / s;
    double original = get_number(*scaling, "original_max_position_embeddings").value();
    if (type == "llama3") {
      double low = get_number(*scaling, "low_freq_factor").value(), high = get_number(*scaling, "high_freq_factor").value();
      double turns = original * f / (2 * pi), share = std::clamp((turns - low) / (high - low), 0.0, 1.0);
      return f / s * (1 - share) + f * share;
    }
    magnitude = 0.1 * std::log(s) + 1; // yarn
    auto bound = [&](double rotations) { return static_cast<double>(dim) * std::log(original / (rotations * 2 * pi)) / (2 * std::log(theta)); };
    const bool whole = get_bool(*scaling, "truncate").value_or(true);
    double low = whole ? std::floor(bound(32)) : bound(32), high = whole ? std::ceil(bound(1)) : bound(1);
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(dim - 1));
    double ramp = std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
    return f / s * ramp + f * (1 - ramp);
  }

  void rotate(double* head, int64_t position) const {
    for (int64_t i = 0; i < dim / 2; ++i) {
      double magnitude = 1, angle = static_cast<double>(position) * frequency(i, magnitude);
      double c = std::cos(angle) * magnitude, s = std::sin(angle) * magnitude, a = head[i], b = head[i + dim / 2];
      head[i] = a * c - b * s;
      head[i + dim / 2] = b * c + a * s;
    }
  }

  Row attend(const Row& q, const std::vector<Row>& keys, const std::vector<Row>& values) const {
    Row out(q.size());
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t from = h / (heads / kv) * dim;
      Row weights(keys.size());
      for (size_t t = 0; t < keys.size(); ++t)
        for (int64_t d = 0; d < dim; ++d)
          weights[t] += q[static_cast<size_t>(h * dim + d)] * keys[t][static_cast<size_t>(from + d)] / std::sqrt(static_cast<double>(dim));
      double top = *std::max_element(weights.begin(), weights.end()), sum = 0;
      for (double& w : weights) sum += w = std::exp(w - top);
      for (size_t t = 0; t < keys.size(); ++t)
        for (int64_t d = 0; d < dim; ++d) out[static_cast<size_t>(h * dim + d)] += weights[t] / sum * values[t][static_cast<size_t>(from + d)];
    }
    return out;
  }

  void attention(int64_t layer, std::vector<Row>& xs) const {
    std::string p = fmt::format("model.layers.{}.", layer);
    std::vector<Row> keys, values;
    for (size_t t = 0; t < xs.size(); ++t) {
      Row h = xs[t];
      normalise(h.data(), h.size(), p + "input_layernorm");
      Row q = linear(h, p + "self_attn.q_proj"), k = linear(h, p + "self_attn.k_proj");
      values.push_back(linear(h, p + "self_attn.v_proj"));
      const bool norms = find(p + "self_attn.q_norm.weight") != nullptr;
      for (int64_t i = 0; i < heads; ++i) {
        if (norms) normalise(q.data() + i * dim, static_cast<size_t>(dim), p + "self_attn.q_norm");
        rotate(q.data() + i * dim, static_cast<int64_t>(t));
      }
      for (int64_t i = 0; i < kv; ++i) {
        if (norms) normalise(k.data() + i * dim, static_cast<size_t>(dim), p + "self_attn.k_norm");
        rotate(k.data() + i * dim, static_cast<int64_t>(t));
      }
      keys.push_back(k);
      Row y = linear(attend(q, keys, values), p + "self_attn.o_proj");
      for (size_t i = 0; i < y.size(); ++i) xs[t][i] += y[i];
    }
  }

  void feed_forward(int64_t layer, Row& x) const {
    std::string p = fmt::format("model.layers.{}.", layer);
    Row h = x;
    normalise(h.data(), h.size(), p + "post_attention_layernorm");
    Row gate = linear(h, p + "mlp.gate_proj"), up = linear(h, p + "mlp.up_proj");
    for (size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
    Row y = linear(gate, p + "mlp.down_proj");
    for (size_t i = 0; i < y.size(); ++i) x[i] += y[i];
  }
};

} // namespace

std::vector<std::vector<double>> oracle_logits(const TestModel& model, const std::vector<int32_t>& tokens) {
  Oracle oracle(model);
  const TestTensor& embedding = model.tensors.at("model.embed_tokens.weight");
  std::vector<Row> xs;
  for (int32_t token : tokens) {
    auto row = embedding.values.begin() + token * embedding.cols;
    xs.emplace_back(row, row + embedding.cols);
  }
  for (int64_t l = 0; l < oracle.layers; ++l) {
    oracle.attention(l, xs);
    for (Row& x : xs) oracle.feed_forward(l, x);
  }
  for (Row& x : xs) {
    oracle.normalise(x.data(), x.size(), "model.norm");
    x = oracle.linear(x, oracle.find("lm_head.weight") != nullptr ? "lm_head" : "model.embed_tokens");
  }
  return xs;
}

} // namespace proctor
