// SPDX-License-Identifier: MIT
#include "backends/engine/cuda/cuda_ops.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <deque>
#include <map>

#include "backends/engine/cpu/thread_pool.h"
#include "backends/engine/cuda/step_arrays.h"
#include "backends/engine/format/quant.h"
#include "harness/check.h"

namespace proctor::cuda {
namespace {

constexpr int64_t kAnyItems = int64_t{1} << 32; // more than any device has blocks for
constexpr size_t kUploadBytes = size_t{8} << 20; // weights that are unpacked at once

struct Memory {
  Device& device;
  uint64_t moves = 0; // of all buffers: graphs know addresses that were true before
};

// Device memory that grows and never shrinks; its contents are lost when it grows.
class Buffer {
 public:
  explicit Buffer(Memory& memory) : memory_(&memory) {}
  Buffer(Buffer&& other) noexcept
      : memory_(other.memory_), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() {
    if (data_ != nullptr) memory_->device.release(data_);
  }

  template <class T> T* get(int64_t n) {
    const auto bytes = static_cast<size_t>(n) * sizeof(T);
    if (bytes > size_) {
      ++memory_->moves;
      if (data_ != nullptr) memory_->device.release(std::exchange(data_, nullptr));
      size_ = 0;
      data_ = memory_->device.allocate(bytes);
      size_ = bytes;
    }
    return static_cast<T*>(data_);
  }
  template <class T> T* as() const { return static_cast<T*>(data_); }

 private:
  Memory* memory_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

struct Matrix {
  Buffer values, bias;
  int64_t rows = 0, cols = 0;
  const uint8_t* source = nullptr; // of a matrix in one piece, in the file: it may be uploaded a second time
  uint64_t bytes() const { return static_cast<uint64_t>(rows * padded(cols)) * sizeof(uint16_t); }
};

class CudaOps : public Ops {
 public:
  CudaOps(const ModelConfig& config, const Rope& rope, std::unique_ptr<Device> device, const CudaOptions& options)
      : config_(config), device_(std::move(device)), options_(options), pool_(options.threads),
        layout_{options.kv, config.head_dim, config.kv_heads, config.layers}, positions_(positions_in(*device_)), memory_{*device_} {
    upload_rotations(rope);
    if (!config.eos.empty()) send(ends_, config.eos);
    drawn_.get<DrawnToken>(bucket_of(static_cast<int>(options.max_running)));
  }

  // ---- loading

  WeightId upload(const StackedMatrix& stacked) override {
    const bool whole = stacked.parts.size() == 1 && stacked.bias.empty() && stacked.parts[0].interleaved_heads == 0;
    if (whole)
      if (auto known = find_source(stacked.parts[0].tensor.data)) return *known;
    Matrix& matrix = make_matrix(stacked.rows(), stacked.cols());
    int64_t first = 0;
    for (const MatrixPart& part : stacked.parts) {
      send_rows(part, matrix, first);
      first += part.tensor.rows;
    }
    if (!stacked.bias.empty()) send(matrix.bias, stacked.bias);
    if (whole) matrix.source = stacked.parts[0].tensor.data;
    return static_cast<WeightId>(matrices_.size()) - 1;
  }

  WeightId upload(const std::vector<float>& values) override {
    send(vectors_.emplace_back(memory_), values);
    return static_cast<WeightId>(vectors_.size()) - 1;
  }

  WeightId upload_table(const TensorView& table) override {
    StackedMatrix stacked;
    stacked.parts.push_back({table});
    return upload(stacked);
  }

  size_t page_bytes() const override { return layout_.page_bytes(); }

  size_t page_memory() const override {
    const size_t free = device_->free_memory(), kept = workspace_bytes() + device_->facts().memory / 50;
    return free > kept ? free - kept : 0;
  }

  DeviceReport device() const override {
    return {"cuda:0 " + device_->facts().name, "BF16", options_.kv == KvType::bf16 ? "bf16" : "e4m3",
            device_->facts().bandwidth};
  }

  // Pages begin as zeros: what was never written is read, weighted with zero, and must not be NaN.
  Status reserve_pages(int32_t n) override {
    const size_t bytes = static_cast<size_t>(n) * page_bytes();
    try {
      device_->clear(pages_.get<uint8_t>(static_cast<int64_t>(bytes)), bytes);
    } catch (const DeviceError& error) {
      return infrastructure_error(std::string("cannot reserve pages of keys and values: ") + error.what());
    }
    return {};
  }

  // ---- the step; of the last step's tokens, which embed may take, nothing may be lost

  Tensor embed(WeightId table, const Step& step) override {
    begin_flight(step);
    send_arrays(step);
    plan_launches();
    const Matrix& matrix = matrices_[static_cast<size_t>(table)];
    Tensor x{x_.get<float>(rows_ * matrix.cols), rows_, matrix.cols};
    const EmbedView view{.n_rows = static_cast<int>(rows_),
                         .cols = static_cast<int>(matrix.cols),
                         .tokens = array<int32_t>(arrays_.tokens),
                         .positions = array<int32_t>(arrays_.positions),
                         .drawn = drawn_.as<DrawnToken>(),
                         .n_ends = static_cast<int>(config_.eos.size()),
                         .ends = ends_.as<int32_t>(),
                         .table = matrix.values.as<uint16_t>(),
                         .x = static_cast<float*>(x.data)};
    launch([&](void* stream) { launch_embed(view, stream); });
    return x;
  }

  Tensor norm(Tensor& x, const Tensor* delta, WeightId gain,
              std::optional<std::span<const SamplerRow>> sampled) override {
    Tensor out = make_halves(sampled ? n_sampled_ : x.rows, x.cols);
    const NormView view{.n_rows = static_cast<int>(out.rows),
                        .cols = static_cast<int>(x.cols),
                        .eps = config_.norm_eps,
                        .x = static_cast<float*>(x.data),
                        .delta = delta == nullptr ? nullptr : static_cast<const float*>(delta->data),
                        .gain = vector(gain),
                        .gather = sampled ? array<int32_t>(arrays_.gather) : nullptr,
                        .out = static_cast<uint16_t*>(out.data)};
    launch([&](void* stream) { launch_norm(view, stream); });
    return out;
  }

  Tensor linear(const Tensor& x, WeightId id) override {
    const Matrix& matrix = matrices_[static_cast<size_t>(id)];
    PROCTOR_CHECK(x.cols == matrix.cols);
    Tensor out = make_floats(x.rows, matrix.rows);
    const Product product{matrix.values.as<uint16_t>(), matrix.bias.as<float>(), matrix.rows, matrix.cols,
                          static_cast<const uint16_t*>(x.data), x.rows, static_cast<float*>(out.data)};
    launch([&](void*) { device_->multiply(product); });
    flight().result.bytes_read += matrix.bytes();
    return out;
  }

  void rope_append(Tensor& qkv, const LayerIds& layer, int index, const Step&) override {
    const RopeView view{.rows = rows(),
                        .kv = kv(index),
                        .heads = config_.heads,
                        .eps = config_.norm_eps,
                        .qkv = static_cast<const float*>(qkv.data),
                        .q_gain = layer.q_norm < 0 ? nullptr : vector(layer.q_norm),
                        .k_gain = layer.k_norm < 0 ? nullptr : vector(layer.k_norm),
                        .rotations = rotations_.as<float>(),
                        .queries = queries_.get<uint16_t>(qkv.rows * padded(config_.q_size()))};
    launch([&](void* stream) { launch_rope_append(view, stream); });
  }

  Tensor attend(const Tensor& qkv, int layer, const Step& step) override {
    Tensor out = make_halves(qkv.rows, config_.q_size());
    const AttentionView view{.rows = rows(),
                             .kv = kv(layer),
                             .heads = config_.heads,
                             .scale = 1.0f / std::sqrt(static_cast<float>(config_.head_dim)),
                             .most_items = mode_ == Mode::plain ? arrays_.n_items : kAnyItems,
                             .n_items = array<int32_t>(arrays_.item_count),
                             .items = array<AttentionItem>(arrays_.items),
                             .partial_begins = array<int32_t>(arrays_.partial_begins),
                             .queries = queries_.as<uint16_t>(),
                             .partial_sums = partial_sums_.as<float>(),
                             .partial_stats = partial_stats_.as<float>(),
                             .out = static_cast<uint16_t*>(out.data)};
    launch([&](void* stream) { launch_attention(view, device_->facts().multiprocessors, stream); });
    for (int32_t position : step.positions)
      flight().result.bytes_read += layout_.layer_bytes() * static_cast<uint64_t>(position + 1) / kPageTokens;
    return out;
  }

  Tensor swiglu(const Tensor& gate_up) override {
    Tensor out = make_halves(gate_up.rows, gate_up.cols / 2);
    launch([&](void* stream) {
      launch_swiglu(static_cast<const float*>(gate_up.data), static_cast<int>(out.rows), static_cast<int>(out.cols),
                    static_cast<uint16_t*>(out.data), stream);
    });
    return out;
  }

  void sample(const Tensor& logits, const Step& step) override {
    const int64_t n_drawn = config_.drawn_vocab > 0 ? config_.drawn_vocab : logits.cols;
    auto* drawn = drawn_.get<DrawnToken>(logits.rows); // moves only where more rows draw than may run: not in an engine
    launch([&](void* stream) {
      launch_sample(static_cast<const float*>(logits.data), static_cast<int>(logits.rows), logits.cols,
                    static_cast<int>(n_drawn), array<SampleTask>(arrays_.tasks), drawn, stream);
    });
    finish_launches();
    flight().result.drawn.resize(step.samples.size());
    if (!step.keep_logits) return;
    for (int64_t r = 0; r < logits.rows; ++r) {
      auto& row = flight().result.logits.emplace_back(static_cast<size_t>(logits.cols));
      device_->to_host(row.data(), static_cast<const float*>(logits.data) + r * logits.cols,
                       row.size() * sizeof(float));
    }
  }

  void copy_pages(std::span<const PageCopy> copies) override {
    for (const PageCopy& copy : copies) switch (copy.kind) {
      case PageCopy::Kind::within: device_->copy(page(copy.to), page(copy.from), page_bytes()); break;
      case PageCopy::Kind::out: device_->to_host(copy.host, page(copy.from), page_bytes()); break;
      case PageCopy::Kind::in: device_->to_device(page(copy.to), copy.host, page_bytes()); break;
      }
  }

  void end_step() override {
    flight().readback->end(drawn_.as<DrawnToken>(), flight().result.drawn.size() * sizeof(Drawn));
    ++n_begun_;
  }

  StepResult result() override {
    static_assert(sizeof(Drawn) == sizeof(DrawnToken) && kPageTokens == kPagePositions);
    PROCTOR_CHECK(n_taken_ < n_begun_);
    auto& [readback, result] = flights_[n_taken_++ % flights_.size()];
    result.device_seconds = readback->wait(result.drawn.data(), result.drawn.size() * sizeof(Drawn));
    return std::exchange(result, {});
  }

  bool runs_ahead() const override { return options_.runs_ahead; }

 private:
  // How the launches of a step are done: one by one; one by one into a graph, which is launched when it is whole; or
  // not at all, for the graph that there is.
  enum class Mode { plain, capture, replay };

  // A step whose result was not taken.
  struct Flight {
    std::unique_ptr<Readback> readback;
    StepResult result;
  };

  // ---- loading

  // Those of the context that the device's whole memory has pages for: no sequence is longer.
  int positions_in(const Device& device) const {
    const size_t pages = device.facts().memory / layout_.page_bytes() + 1;
    return static_cast<int>(std::min(static_cast<size_t>(config_.max_positions), pages * kPageTokens));
  }

  std::optional<WeightId> find_source(const uint8_t* source) const {
    for (size_t i = 0; i < matrices_.size(); ++i)
      if (matrices_[i].source == source) return static_cast<WeightId>(i);
    return std::nullopt;
  }

  Matrix& make_matrix(int64_t rows, int64_t cols) {
    Matrix& matrix = matrices_.emplace_back(Matrix{Buffer(memory_), Buffer(memory_), rows, cols});
    matrix.values.get<uint16_t>(rows * padded(cols));
    return matrix;
  }

  template <class T> void send(Buffer& buffer, const std::vector<T>& values) {
    device_->to_device(buffer.get<T>(static_cast<int64_t>(values.size())), values.data(), values.size() * sizeof(T));
  }

  // Rows of any type, as BF16, a few megabytes at a time.
  void send_rows(const MatrixPart& part, const Matrix& matrix, int64_t first) {
    const int64_t cols = matrix.cols, stride = padded(cols);
    const int64_t at_once = std::max<int64_t>(1, static_cast<int64_t>(kUploadBytes) / (stride * 2));
    std::vector<uint16_t> halves(static_cast<size_t>(std::min(at_once, part.tensor.rows) * stride));
    for (int64_t begin = 0; begin < part.tensor.rows; begin += at_once) {
      const int64_t n = std::min(at_once, part.tensor.rows - begin);
      pool_.for_ranges(n, [&](int64_t from, int64_t to) {
        std::vector<float> values(static_cast<size_t>(cols));
        for (int64_t r = from; r < to; ++r) {
          dequantise_row(part.tensor.type, part.tensor.row(part.stored_row(begin + r)), cols, values.data());
          for (int64_t c = 0; c < cols; ++c)
            halves[static_cast<size_t>(r * stride + c)] = float_to_bf16(values[static_cast<size_t>(c)]);
        }
      });
      device_->to_device(matrix.values.as<uint16_t>() + (first + begin) * stride, halves.data(),
                         static_cast<size_t>(n * stride) * sizeof(uint16_t));
    }
  }

  void upload_rotations(const Rope& rope) {
    const auto size = static_cast<size_t>(config_.head_dim), half = size / 2;
    std::vector<float> table(static_cast<size_t>(positions_) * size);
    pool_.for_ranges(positions_, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        float* row = table.data() + static_cast<size_t>(p) * size;
        rope_row(rope, static_cast<int>(p), row, row + half);
      }
    });
    send(rotations_, table);
  }

  // What the largest step takes beside pages and weights.
  size_t workspace_bytes() const {
    const auto rows = static_cast<size_t>(options_.max_rows);
    const auto c = [](int n) { return static_cast<size_t>(n); };
    const size_t widest = 2 * c(config_.ffn) + c(config_.q_size()) + 2 * c(config_.kv_size()) + 4 * c(config_.hidden);
    const size_t partials = room_for(rows * (c(positions_) / kSplitPositions + 1));
    return sizeof(float) * (rows * 3 * widest + partials * (c(config_.q_size()) + 2 * c(config_.heads)) +
                            static_cast<size_t>(options_.max_running) * c(config_.vocab));
  }

  // ---- the step

  Flight& flight() { return flights_[n_begun_ % flights_.size()]; } // of the step that is being asked for

  void begin_flight(const Step& step) {
    PROCTOR_CHECK(n_begun_ - n_taken_ < flights_.size());
    const size_t bytes = std::max(step.samples.size(), static_cast<size_t>(options_.max_running)) * sizeof(DrawnToken);
    if (!flight().readback || flight().readback->capacity() < bytes) flight().readback = device_->make_readback(bytes);
    flight().readback->begin();
    flight().result = {};
  }

  template <class T> T* array(size_t offset) const {
    return reinterpret_cast<T*>(arrays_memory_.as<uint8_t>() + offset);
  }

  RowsView rows() const {
    return {static_cast<int>(rows_), array<int32_t>(arrays_.tokens), array<int32_t>(arrays_.positions),
            array<int32_t>(arrays_.table_begins), array<int32_t>(0)};
  }

  // What is as long as the contexts are gets room for up to twice that: it moves seldom.
  static size_t room_for(size_t n) { return std::bit_ceil(n); }

  void send_arrays(const Step& step) {
    bucketed_ = options_.graphs && only_decodes(step);
    rows_ = bucketed_ ? bucket_of(static_cast<int>(step.n_rows())) : step.n_rows();
    n_sampled_ = bucketed_ ? rows_ : static_cast<int64_t>(step.samples.size());
    arrays_ = arrays_of(step, config_.heads / config_.kv_heads, static_cast<int>(rows_));
    const auto partials = static_cast<int64_t>(room_for(static_cast<size_t>(arrays_.n_partials)));
    partial_sums_.get<float>(partials * config_.q_size());
    partial_stats_.get<float>(partials * config_.heads * 2);
    device_->to_device(arrays_memory_.get<uint8_t>(static_cast<int64_t>(room_for(arrays_.bytes.size()))), arrays_.bytes.data(), arrays_.bytes.size());
  }

  // A bucket's first step makes the memory, the algorithms and the kernels that it needs, the second is captured. When
  // memory has moved since then, the next is captured anew.
  void plan_launches() {
    mode_ = Mode::plain;
    if (!bucketed_) return;
    if (std::exchange(moves_seen_, memory_.moves) != memory_.moves)
      for (auto& [bucket, graph] : graphs_) graph.reset();
    const auto [bucket, is_new] = graphs_.try_emplace(rows_);
    if (is_new) return;
    mode_ = bucket->second ? Mode::replay : Mode::capture;
    if (mode_ == Mode::capture) device_->begin_capture();
  }

  template <class Launch> void launch(const Launch& do_launch) {
    if (mode_ != Mode::replay) do_launch(device_->stream());
  }

  void finish_launches() {
    if (mode_ == Mode::plain) return;
    std::unique_ptr<Graph>& graph = graphs_.at(rows_);
    if (mode_ == Mode::capture) graph = device_->end_capture();
    graph->launch();
  }

  const float* vector(WeightId id) const { return vectors_[static_cast<size_t>(id)].as<float>(); }
  uint8_t* page(int32_t page) const { return pages_.as<uint8_t>() + static_cast<size_t>(page) * page_bytes(); }
  KvView kv(int layer) const { return view_of(layout_, pages_.as<uint8_t>(), layer); }

  // One of every width: forward() has read a result before it makes the next of that width.
  Tensor make_floats(int64_t rows, int64_t cols) {
    return {floats_.try_emplace(cols, memory_).first->second.get<float>(rows * cols), rows, cols};
  }
  Tensor make_halves(int64_t rows, int64_t cols) {
    return {halves_.try_emplace(cols, memory_).first->second.get<uint16_t>(rows * padded(cols)), rows, cols};
  }

  const ModelConfig config_;
  const std::unique_ptr<Device> device_;
  const CudaOptions options_;
  ThreadPool pool_;
  const KvLayout layout_;
  const int positions_; // of the longest sequence
  Memory memory_;
  std::deque<Matrix> matrices_;
  std::deque<Buffer> vectors_;
  Buffer pages_{memory_}, rotations_{memory_}, arrays_memory_{memory_}, x_{memory_}, queries_{memory_},
      partial_sums_{memory_}, partial_stats_{memory_}, drawn_{memory_}, ends_{memory_};
  std::map<int64_t, Buffer> floats_, halves_;

  // The step.
  StepArrays arrays_;
  int64_t rows_ = 0, n_sampled_ = 0; // of its launches
  bool bucketed_ = false;
  Mode mode_ = Mode::plain;

  std::array<Flight, 2> flights_;
  uint64_t n_begun_ = 0, n_taken_ = 0; // steps that have ended, and whose results were taken

  std::map<int64_t, std::unique_ptr<Graph>> graphs_; // by bucket, of those that have run; null: not captured
  uint64_t moves_seen_ = 0;                          // memory_.moves when the graphs were captured
};

} // namespace

Result<std::unique_ptr<Ops>> make_ops(const ModelConfig& config, const Rope& rope, std::unique_ptr<Device> device,
                                      const CudaOptions& options) {
  if (config.head_dim % 2 != 0 || config.head_dim > kMaxHeadDim)
    return usage_error("heads of " + std::to_string(config.head_dim) + " values do not run on CUDA; even sizes up to " +
                       std::to_string(kMaxHeadDim) + " do; --device cpu runs the model");
  return std::unique_ptr<Ops>(std::make_unique<CudaOps>(config, rope, std::move(device), options));
}

} // namespace proctor::cuda
