// SPDX-License-Identifier: MIT
#pragma once

// What a device must be able to do: nine verbs. The model is data and one function over them (forward.h); nothing
// else knows which device runs. Whatever the rows of a step are, in whatever order, each row's result is the same to
// the bit: no reduction may depend on the batch.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/engine/model/weights.h"
#include "harness/sampling.h"

namespace proctor {

inline constexpr int kPageTokens = 64; // positions per page of the key/value pool

constexpr int32_t pages_for(int64_t positions) { return static_cast<int32_t>((positions + kPageTokens - 1) / kPageTokens); }

using WeightId = int32_t; // what Ops::upload returned; -1: none

// A matrix of activations on the device, one row per token. What embed() returned lasts until the next embed(); any
// other lasts until four more have been made.
struct Tensor {
  void* data = nullptr;
  int64_t rows = 0;
  int64_t cols = 0;
};

// A row whose next token is wanted.
struct SamplerRow {
  int32_t row = 0;      // of the step
  uint64_t seed = 0;    // with `position` and the token's id the key of all chance
  int32_t position = 0; // of the token that is drawn
  const Sampling* sampling = nullptr;
};

// One pass over rows of any mixture of sequences, prompt and answer alike.
struct Step {
  std::vector<int32_t> tokens;                  // per row; below 0: ~i, what row i of the last step's samples drew
  std::vector<int32_t> positions;               // per row; of one sequence ascending
  std::vector<int32_t> sequences;               // per row: whose, an index into tables
  std::vector<std::span<const int32_t>> tables; // per sequence: its pages, the first 64 positions first
  std::vector<SamplerRow> samples;
  bool keep_logits = false; // hand them out in StepResult

  int64_t n_rows() const { return static_cast<int64_t>(tokens.size()); }
};

struct Drawn {
  int32_t token = 0;
  float logprob = 0; // of the model's own distribution, at temperature 1; NaN where not all logits were finite
  bool operator==(const Drawn&) const = default;
};

struct StepResult {
  std::vector<Drawn> drawn;               // per sample row
  std::vector<std::vector<float>> logits; // per sample row, where asked for
  uint64_t bytes_read = 0;                // weights and pages, from memory
  double device_seconds = 0;              // of a device with a clock of its own; else 0
};

// Copies whole pages within the pool (fork), out of it and back (swap).
struct PageCopy {
  enum class Kind { within, out, in } kind = Kind::within;
  int32_t from = 0, to = 0; // pages of the pool
  uint8_t* host = nullptr;  // page_bytes() of memory, for out and in
};

// What a device says of itself, for run.json.
struct DeviceReport {
  std::string name;     // "cpu", "cuda:0 NVIDIA H200"
  std::string weights;  // the type that weights have on it; empty: the file's
  std::string kv;       // the type of keys and values
  double bandwidth = 0; // of its memory, measured, bytes per second; 0: not known
};

struct LayerIds {
  WeightId attn_norm = -1, q_norm = -1, k_norm = -1, qkv = -1, out = -1, ffn_norm = -1, gate_up = -1, down = -1;
};

// A model that lives on a device.
struct DeviceModel {
  ModelConfig config;
  WeightId embedding = -1, out_norm = -1, head = -1;
  std::vector<LayerIds> layers;
};

class Ops {
 public:
  virtual ~Ops() = default;

  virtual Tensor embed(WeightId table, const Step& step) = 0;
  // x += delta where there is one; the result is x / rms(x) * gain. rows: only these (all when nullopt).
  virtual Tensor norm(Tensor& x, const Tensor* delta, WeightId gain,
                      std::optional<std::span<const SamplerRow>> rows) = 0;
  virtual Tensor linear(const Tensor& x, WeightId matrix) = 0; // any weight type, bias included
  // Normalises heads (where the layer has q_norm), rotates queries and keys, writes keys and values into the pages.
  virtual void rope_append(Tensor& qkv, const LayerIds& layer, int index, const Step& step) = 0;
  virtual Tensor attend(const Tensor& qkv, int layer, const Step& step) = 0; // causal, paged, grouped queries
  virtual Tensor swiglu(const Tensor& gate_up) = 0;
  virtual void sample(const Tensor& logits, const Step& step) = 0;
  virtual void copy_pages(std::span<const PageCopy> copies) = 0;
  virtual void end_step() = 0;          // after the last verb; what sample() drew is on its way
  virtual StepResult result() = 0;      // of the oldest step that ended and was not asked for; waits for it

  // Whether a step may begin before the result of the one before it is asked for, and then take its tokens itself. Not
  // more than two may be without their result. A row whose token ended its sequence (config.eos) need not be computed.
  virtual bool runs_ahead() const { return false; }

  // Before the first step.
  virtual WeightId upload(const StackedMatrix& matrix) = 0;
  virtual WeightId upload(const std::vector<float>& values) = 0;
  virtual WeightId upload_table(const TensorView& table) = 0; // for embed(); borrows the tensor
  virtual size_t page_bytes() const = 0;                      // of one page over all layers
  virtual size_t page_memory() const = 0;                     // bytes that pages may take now
  virtual Status reserve_pages(int32_t n) = 0;
  virtual DeviceReport device() const = 0;
};

// Puts all weights onto the device. `weights` may be destroyed afterwards but for its source.
DeviceModel upload_model(Ops& ops, const ModelWeights& weights);

// The forward pass of every supported architecture.
void forward(Ops& ops, const DeviceModel& model, const Step& step);

} // namespace proctor
