// SPDX-License-Identifier: MIT
#include "backends/engine/model/ops.h"

namespace proctor {

DeviceModel upload_model(Ops& ops, const ModelWeights& weights) {
  DeviceModel model;
  model.config = weights.config;
  model.embedding = ops.upload_table(weights.embedding);
  for (const LayerWeights& w : weights.layers) {
    LayerIds ids;
    ids.attn_norm = ops.upload(w.attn_norm);
    ids.ffn_norm = ops.upload(w.ffn_norm);
    if (!w.q_norm.empty()) ids.q_norm = ops.upload(w.q_norm);
    if (!w.k_norm.empty()) ids.k_norm = ops.upload(w.k_norm);
    ids.qkv = ops.upload(w.qkv);
    ids.out = ops.upload(w.out);
    ids.gate_up = ops.upload(w.gate_up);
    ids.down = ops.upload(w.down);
    model.layers.push_back(ids);
  }
  model.out_norm = ops.upload(weights.out_norm);
  model.head = ops.upload(weights.head);
  return model;
}

void forward(Ops& op, const DeviceModel& model, const Step& step) {
  Tensor x = op.embed(model.embedding, step);
  Tensor delta;
  const Tensor* pending = nullptr; // what the last layer adds to x
  for (int l = 0; l < model.config.layers; ++l) {
    const LayerIds& w = model.layers[static_cast<size_t>(l)];
    Tensor qkv = op.linear(op.norm(x, pending, w.attn_norm, std::nullopt), w.qkv);
    op.rope_append(qkv, w, l, step);
    Tensor attended = op.linear(op.attend(qkv, l, step), w.out);
    delta = op.linear(op.swiglu(op.linear(op.norm(x, &attended, w.ffn_norm, std::nullopt), w.gate_up)), w.down);
    pending = &delta;
  }
  if (step.samples.empty()) return;
  op.sample(op.linear(op.norm(x, pending, model.out_norm, step.samples), model.head), step);
}

} // namespace proctor
