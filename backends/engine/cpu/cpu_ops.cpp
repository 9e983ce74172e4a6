// SPDX-License-Identifier: MIT
#include "backends/engine/cpu/cpu_ops.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <new>

#include "backends/engine/cpu/free_memory.h"
#include "backends/engine/cpu/packed.h"
#include "backends/engine/cpu/page_pool.h"
#include "backends/engine/engine/sampling.h"
#include "backends/engine/format/quant.h"
#include "harness/check.h"

namespace proctor {
namespace {

constexpr int kPartsOfThread = 4; // of a matrix: a processor that others use, too, leaves some to the rest
constexpr int kManyRows = 64;     // of attention: from here on its parts are shared out in the same way
constexpr int kResults = 6;       // tensors that are alive at once, and one more for safety

// 64-byte aligned; grows, never shrinks; not initialised.
template <class T> class Buffer {
 public:
  T* get(int64_t n) {
    if (n > size_) {
      constexpr size_t kAlign = 64;
      const size_t bytes = static_cast<size_t>(n) * sizeof(T);
      void* p = std::aligned_alloc(kAlign, (bytes + kAlign - 1) / kAlign * kAlign);
      if (p == nullptr) throw std::bad_alloc();
      data_.reset(static_cast<T*>(p));
      size_ = n;
    }
    return data_.get();
  }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };

  std::unique_ptr<T[], Free> data_;
  int64_t size_ = 0;
};

struct StackedPart {
  PackedMatrix matrix;
  int64_t first_row; // in the stack
};

struct Stack {
  std::deque<StackedPart> parts;
  int64_t rows = 0, cols = 0, n_groups = 0;
  bool quantised = false, bf16 = false;
  uint64_t bytes = 0;
};

float* floats(const Tensor& tensor) { return static_cast<float*>(tensor.data); }
float* row_of(const Tensor& tensor, int64_t r) { return floats(tensor) + r * tensor.cols; }

class CpuOps : public Ops {
 public:
  CpuOps(const ModelConfig& config, const Rope& rope, const CpuOptions& options)
      : config_(config), rope_(rope), kernels_(options.kernels != nullptr ? *options.kernels : best_kernels()),
        pool_(options.threads), pages_(PageShape(config, options.bf16_pages)),
        scratch_(static_cast<size_t>(pool_.size() * kPartsOfThread)) {}

  // ---- loading

  WeightId upload(const StackedMatrix& matrix) override {
    Stack& stack = stacks_.emplace_back();
    stack.cols = matrix.cols();
    for (const MatrixPart& part : matrix.parts) {
      std::vector<float> bias;
      auto begin = matrix.bias.begin() + (matrix.bias.empty() ? 0 : stack.rows);
      if (!matrix.bias.empty()) bias.assign(begin, begin + part.tensor.rows);
      stack.parts.push_back({PackedMatrix(part, std::move(bias), memory_, pool_), stack.rows});
      stack.rows += part.tensor.rows;
      stack.n_groups += stack.parts.back().matrix.n_groups();
      stack.bytes += stack.parts.back().matrix.bytes();
      stack.quantised = stack.quantised || is_quantised(part.tensor.type);
      stack.bf16 = stack.bf16 || part.tensor.type == DType::bf16;
    }
    return static_cast<WeightId>(stacks_.size()) - 1;
  }

  WeightId upload(const std::vector<float>& values) override {
    vectors_.push_back(values);
    return static_cast<WeightId>(vectors_.size()) - 1;
  }

  WeightId upload_table(const TensorView& table) override {
    tables_.push_back(table);
    return static_cast<WeightId>(tables_.size()) - 1;
  }

  size_t page_bytes() const override { return pages_.shape().page_bytes; }
  size_t page_memory() const override { return free_memory() / 2; }
  Status reserve_pages(int32_t n) override { return pages_.reserve(n); }
  DeviceReport device() const override { return {"cpu", "", pages_.shape().bf16 ? "bf16" : "f32", 0}; }

  // ---- the step

  Tensor embed(WeightId table, const Step& step) override {
    const TensorView& rows = tables_[static_cast<size_t>(table)];
    Tensor x{embedded_.get(step.n_rows() * rows.cols), step.n_rows(), rows.cols};
    for (int64_t r = 0; r < x.rows; ++r)
      dequantise_row(rows.type, rows.row(step.tokens[static_cast<size_t>(r)]), rows.cols, row_of(x, r));
    prepare_rotation(step);
    result_.bytes_read = 0;
    return x;
  }

  Tensor norm(Tensor& x, const Tensor* delta, WeightId gain,
              std::optional<std::span<const SamplerRow>> rows) override {
    const float* weights = vectors_[static_cast<size_t>(gain)].data();
    Tensor out = make(rows ? static_cast<int64_t>(rows->size()) : x.rows, x.cols);
    each_row(out.rows, [&](int64_t r) {
      int64_t from = rows ? (*rows)[static_cast<size_t>(r)].row : r;
      const float* add = delta == nullptr ? nullptr : row_of(*delta, from);
      kernels_.rms_norm(row_of(x, from), add, weights, x.cols, config_.norm_eps, row_of(out, r));
    });
    return out;
  }

  Tensor linear(const Tensor& x, WeightId matrix) override {
    const Stack& stack = stacks_[static_cast<size_t>(matrix)];
    PROCTOR_CHECK(x.cols == stack.cols);
    ActivationView in{x.rows, x.cols, floats(x), x.cols, nullptr, nullptr};
    if (stack.quantised) quantise(in);
    if (stack.bf16) pair_up(in);
    Tensor out = make(x.rows, stack.rows);
    pool_.for_ranges(stack.n_groups, [&](int64_t begin, int64_t end) { multiply(stack, in, begin, end, out); }, kPartsOfThread);
    result_.bytes_read += stack.bytes;
    return out;
  }

  void rope_append(Tensor& qkv, const LayerIds& layer, int index, const Step& step) override {
    const float* q_gain = layer.q_norm < 0 ? nullptr : vectors_[static_cast<size_t>(layer.q_norm)].data();
    const float* k_gain = layer.k_norm < 0 ? nullptr : vectors_[static_cast<size_t>(layer.k_norm)].data();
    each_row(qkv.rows, [&](int64_t r) {
      float* row = row_of(qkv, r);
      for (int h = 0; h < config_.heads; ++h) prepare_head(row + h * config_.head_dim, q_gain, r);
      float* keys = row + config_.q_size();
      const auto at = static_cast<size_t>(r);
      int position = step.positions[at];
      int32_t page =
          step.tables[static_cast<size_t>(step.sequences[at])][static_cast<size_t>(position / kPageTokens)];
      for (int h = 0; h < config_.kv_heads; ++h) {
        float* key = keys + h * config_.head_dim;
        prepare_head(key, k_gain, r);
        pages_.write(pages_.head(page, index, h), position % kPageTokens, key, key + config_.kv_size());
      }
    });
  }

  Tensor attend(const Tensor& qkv, int layer, const Step& step) override {
    Tensor out = make(qkv.rows, config_.q_size());
    const int parts = pool_.size() * (qkv.rows < kManyRows ? 1 : kPartsOfThread); // later rows of a prompt look back further
    each_with_scratch(qkv.rows * config_.kv_heads, parts, [&](int64_t i, Scratch& mine) {
      attend_head(qkv, layer, step, i / config_.kv_heads, static_cast<int>(i % config_.kv_heads), out, mine);
    });
    for (int32_t position : step.positions)
      result_.bytes_read += pages_.shape().layer_bytes * static_cast<uint64_t>(position + 1) / kPageTokens;
    return out;
  }

  Tensor swiglu(const Tensor& gate_up) override {
    Tensor out = make(gate_up.rows, gate_up.cols / 2);
    each_row(out.rows, [&](int64_t r) { kernels_.swiglu(row_of(gate_up, r), out.cols, row_of(out, r)); });
    return out;
  }

  void sample(const Tensor& logits, const Step& step) override {
    const int64_t n_drawn = config_.drawn_vocab > 0 ? config_.drawn_vocab : logits.cols;
    result_.drawn.resize(step.samples.size());
    each_with_scratch(logits.rows, pool_.size(), [&](int64_t r, Scratch& mine) {
      result_.drawn[static_cast<size_t>(r)] = draw(row_of(logits, r), n_drawn, step.samples[static_cast<size_t>(r)], mine);
    });
    if (!step.keep_logits) return;
    for (int64_t r = 0; r < logits.rows; ++r) result_.logits.emplace_back(row_of(logits, r), row_of(logits, r + 1));
  }

  void copy_pages(std::span<const PageCopy> copies) override {
    for (const PageCopy& copy : copies) {
      const uint8_t* from = copy.kind == PageCopy::Kind::in ? copy.host : pages_.page(copy.from);
      uint8_t* to = copy.kind == PageCopy::Kind::out ? copy.host : pages_.page(copy.to);
      std::memcpy(to, from, page_bytes());
    }
  }

  void end_step() override {}
  StepResult result() override { return std::exchange(result_, {}); }

 private:
  struct Scratch { // of one part of an operation
    Buffer<float> scratch, exps;
    std::vector<const uint8_t*> pages;
    std::vector<int32_t> order;
  };

  Tensor make(int64_t rows, int64_t cols) {
    Buffer<float>& buffer = results_[next_result_++ % kResults];
    return {buffer.get(rows * cols), rows, cols};
  }

  template <class Fn> void each_row(int64_t rows, Fn fn) {
    pool_.for_ranges(rows, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) fn(r);
    });
  }

  // fn(i, scratch) for i in [0, n), in at most pool_.size() * kPartsOfThread parts.
  template <class Fn> void each_with_scratch(int64_t n, int parts, Fn fn) {
    pool_.run(parts, [&](int part) {
      for (int64_t i = n * part / parts; i < n * (part + 1) / parts; ++i) fn(i, scratch_[static_cast<size_t>(part)]);
    });
  }

  void prepare_rotation(const Step& step) {
    const int64_t half = config_.head_dim / 2;
    float* table = rotation_.get(step.n_rows() * 2 * half);
    for (int64_t r = 0; r < step.n_rows(); ++r)
      rope_row(rope_, step.positions[static_cast<size_t>(r)], table + r * 2 * half, table + r * 2 * half + half);
    rotations_ = table;
  }

  // Normalises (where there is a gain) and rotates one head of row r in place.
  void prepare_head(float* head, const float* gain, int64_t r) const {
    const int half = config_.head_dim / 2;
    if (gain != nullptr) kernels_.rms_norm(head, nullptr, gain, config_.head_dim, config_.norm_eps, head);
    kernels_.rotate(head, rotations_ + r * 2 * half, rotations_ + r * 2 * half + half, half);
  }

  void quantise(ActivationView& in) {
    uint8_t* packed = packed_.get(in.rows * (in.cols / 32) * kernels_.packed_bytes);
    pool_.for_ranges(in.rows, [&](int64_t begin, int64_t end) { kernels_.quantise(in, begin, end, packed); });
    in.packed = packed;
  }

  void pair_up(ActivationView& in) {
    uint8_t* pairs = pairs_.get(in.rows * ((in.cols + 1) / 2) * kernels_.pair_bytes);
    pool_.for_ranges(in.rows, [&](int64_t begin, int64_t end) { kernels_.pair_up(in, begin, end, pairs); });
    in.pairs = pairs;
  }

  // Row groups [begin, end) of the stack, which may lie in several parts.
  void multiply(const Stack& stack, const ActivationView& in, int64_t begin, int64_t end, const Tensor& out) const {
    int64_t first = 0;
    for (const StackedPart& part : stack.parts) {
      int64_t n = part.matrix.n_groups(), from = std::max(begin - first, int64_t{0}), to = std::min(end - first, n);
      if (from < to) kernels_.multiply(part.matrix.view(), in, from, to, floats(out) + part.first_row, out.cols);
      first += n;
    }
  }

  void attend_head(const Tensor& qkv, int layer, const Step& step, int64_t r, int kv_head, const Tensor& out,
                   Scratch& mine) {
    const int group = config_.heads / config_.kv_heads;
    const auto at = static_cast<size_t>(r);
    const auto& table = step.tables[static_cast<size_t>(step.sequences[at])];
    int64_t context = step.positions[at] + 1;
    mine.pages.clear();
    for (int64_t p = 0; p * kPageTokens < context; ++p)
      mine.pages.push_back(pages_.head(table[static_cast<size_t>(p)], layer, kv_head));
    const PageShape& shape = pages_.shape();
    const int64_t first = int64_t{kv_head} * group * config_.head_dim;
    kernels_.attend({row_of(qkv, r) + first, group, config_.head_dim, shape.value_stride,
                     1.0f / std::sqrt(static_cast<float>(config_.head_dim)), mine.pages.data(), context, shape.bf16,
                     row_of(out, r) + first, mine.scratch.get(int64_t{4} * (kPageTokens + shape.value_stride))});
  }

  Drawn draw(const float* logits, int64_t n, const SamplerRow& row, Scratch& mine) const {
    const Sampling& sampling = *row.sampling;
    Choice choice{logits, nullptr, n, 0, kernels_.race};
    if (sampling.temperature > 0) {
      float* exps = mine.exps.get(n);
      choice.exp_sum =
          kernels_.logit_stats(logits, n, static_cast<float>(std::min(1 / sampling.temperature, 1e30)), exps).sum;
      choice.exps = exps;
    }
    int32_t token = draw_token(choice, sampling, row.seed, row.position, mine.order);
    LogitStats plain = kernels_.logit_stats(logits, n, 1, nullptr);
    if (!plain.finite) return {token, NAN};
    return {token, logits[token] - plain.max - static_cast<float>(std::log(plain.sum))};
  }

  const ModelConfig config_;
  const Rope rope_;
  const Kernels& kernels_;
  ThreadPool pool_;
  WeightMemory memory_; // of the stacks
  PagePool pages_;
  std::deque<Stack> stacks_;
  std::vector<std::vector<float>> vectors_;
  std::vector<TensorView> tables_;
  std::vector<Scratch> scratch_;
  Buffer<float> embedded_, rotation_;
  const float* rotations_ = nullptr;
  Buffer<uint8_t> packed_, pairs_;
  Buffer<float> results_[kResults];
  size_t next_result_ = 0;
  StepResult result_;
};

} // namespace

std::unique_ptr<Ops> make_cpu_ops(const ModelConfig& config, const Rope& rope, CpuOptions options) {
  return std::make_unique<CpuOps>(config, rope, options);
}

} // namespace proctor
