// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include "backends/engine/cuda/nvidia_device.h"
#include "backends/engine/cuda/step_arrays.h"
#include "backends/engine/engine/engine.h"
#include "backends/engine/format/quant.h"
#include "tests/gpu/checks.h"
#include "tests/temp_dir.h"

namespace proctor {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What the device does at best, measured.
struct Limits {
  double bandwidth = 1; // bytes per second, read and written
  double flops = 1;     // of large BF16 products
};

class Memory {
 public:
  Memory(cuda::Device& device, size_t bytes) : device_(device), data_(device.allocate(bytes)) {}
  ~Memory() { device_.release(data_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  template <class T> T* as() const { return static_cast<T*>(data_); }

 private:
  cuda::Device& device_;
  void* data_;
};

// Random BF16 numbers below 1 in size: zeros would make products faster than they are.
std::vector<uint16_t> random_halves(size_t n, uint32_t seed) {
  std::vector<uint16_t> values(n);
  uint32_t state = seed * 2654435761u + 1;
  for (uint16_t& value : values) {
    state = state * 1664525u + 1013904223u;
    value = float_to_bf16(static_cast<float>(state >> 8) * 0x1p-23f - 1);
  }
  return values;
}

void fill(cuda::Device& device, uint8_t* to, size_t bytes) {
  const auto values = random_halves(size_t{1} << 20, 3);
  const size_t chunk = values.size() * sizeof values[0];
  for (size_t at = 0; at < bytes; at += chunk) device.to_device(to + at, values.data(), std::min(chunk, bytes - at));
}

// The best of a few repetitions, in seconds of the device.
template <class Fn> double best_seconds(cuda::Device& device, int repetitions, Fn fn) {
  fn();
  const auto clock = device.make_readback(0);
  double best = 1e9;
  for (int i = 0; i < repetitions; ++i) {
    clock->begin();
    fn();
    clock->end(nullptr, 0);
    best = std::min(best, clock->wait(nullptr, 0));
  }
  return best;
}

double measure_bandwidth(cuda::Device& device, GpuReport& report) {
  const size_t bytes = size_t{4} << 30;
  Memory from(device, bytes), to(device, bytes);
  fill(device, from.as<uint8_t>(), bytes);
  const double seconds = best_seconds(device, 10, [&] { device.copy(to.as<uint8_t>(), from.as<uint8_t>(), bytes); });
  const double bandwidth = 2 * static_cast<double>(bytes) / seconds;
  report.measure("copy bandwidth, read and written", bandwidth * 1e-9, "GB/s");
  return bandwidth;
}

// Products in the shapes of a 7B model; a row's result must not depend on the number of rows.
double measure_products(cuda::Device& device, GpuReport& report, double bandwidth) {
  struct Shape {
    const char* name;
    int64_t n, k;
  };
  constexpr int64_t kRows[] = {1, 8, 64, 256, 512, 1024};
  double flops = 0;
  for (Shape s : {Shape{"qkv", 4608, 3584}, Shape{"out", 3584, 3584}, Shape{"gate_up", 37888, 3584}, Shape{"down", 3584, 18944}}) {
    Memory weights(device, static_cast<size_t>(s.n * s.k) * 2), x(device, static_cast<size_t>(1024 * s.k) * 2),
        out(device, static_cast<size_t>(1024 * s.n) * 4);
    fill(device, weights.as<uint8_t>(), static_cast<size_t>(s.n * s.k) * 2);
    fill(device, x.as<uint8_t>(), static_cast<size_t>(1024 * s.k) * 2);
    std::vector<float> first, row(static_cast<size_t>(s.n));
    bool equal = true;
    for (int64_t rows : kRows) {
      const double seconds = best_seconds(device, 20, [&] {
        device.multiply({weights.as<uint16_t>(), nullptr, s.n, s.k, x.as<uint16_t>(), rows, out.as<float>()});
      });
      device.to_host(row.data(), out.as<float>(), row.size() * 4);
      if (first.empty()) first = row;
      equal = equal && first == row;
      const double done = 2 * static_cast<double>(s.n * s.k * rows) / seconds;
      flops = std::max(flops, done);
      if (rows <= 8)
        report.measure(fmt::format("{} {} x {}, {} rows: share of bandwidth", s.name, s.n, s.k, rows),
                       static_cast<double>(s.n * s.k * 2) / seconds / bandwidth, "");
      else
        report.measure(fmt::format("{} {} x {}, {} rows", s.name, s.n, s.k, rows), done * 1e-12, "TFLOP/s");
    }
    report.check(fmt::format("row 0 of {} among 1, 8, 64, 256, 512 and 1024 rows", s.name), equal, equal ? "to the bit" : "they differ");
  }
  return flops;
}

void measure_attention(cuda::Device& device, GpuReport& report, double bandwidth) {
  struct Shape {
    int head_dim, group, kv_heads;
  };
  for (Shape s : {Shape{128, 6, 2}, Shape{128, 7, 4}, Shape{128, 4, 8}, Shape{128, 5, 8}, Shape{128, 8, 8}, Shape{64, 3, 3}})
    for (int32_t context : {4096, 16384}) {
      const int batch = context == 4096 ? 128 : 64, heads = s.group * s.kv_heads;
      const cuda::KvLayout layout{cuda::KvType::bf16, s.head_dim, s.kv_heads, 1};
      const int32_t pages_each = context / kPageTokens;
      Step step;
      std::vector<std::vector<int32_t>> tables(static_cast<size_t>(batch));
      for (int32_t b = 0; b < batch; ++b) {
        for (int32_t p = 0; p < pages_each; ++p) tables[static_cast<size_t>(b)].push_back(p * batch + b);
        step.tokens.push_back(0);
        step.positions.push_back(context - 1);
        step.sequences.push_back(b);
      }
      step.tables.assign(tables.begin(), tables.end());
      const cuda::StepArrays arrays = cuda::arrays_of(step, s.group, batch);
      const size_t kv_bytes = static_cast<size_t>(batch * pages_each) * layout.page_bytes();
      const auto cols = static_cast<size_t>(heads * s.head_dim), partials = static_cast<size_t>(arrays.n_partials);
      Memory pages(device, kv_bytes), there(device, arrays.bytes.size()), queries(device, static_cast<size_t>(batch) * cols * 2),
          out(device, static_cast<size_t>(batch) * cols * 2), sums(device, partials * cols * 4), stats(device, partials * static_cast<size_t>(heads) * 8);
      fill(device, pages.as<uint8_t>(), kv_bytes);
      fill(device, queries.as<uint8_t>(), static_cast<size_t>(batch) * cols * 2);
      device.to_device(there.as<uint8_t>(), arrays.bytes.data(), arrays.bytes.size());
      const auto at = [&](size_t offset) { return reinterpret_cast<const int32_t*>(there.as<uint8_t>() + offset); };
      const cuda::AttentionView view{{batch, at(arrays.tokens), at(arrays.positions), at(arrays.table_begins), at(0)},
                                     cuda::view_of(layout, pages.as<uint8_t>(), 0),
                                     heads,
                                     0.1f,
                                     arrays.n_items,
                                     at(arrays.item_count),
                                     reinterpret_cast<const cuda::AttentionItem*>(at(arrays.items)),
                                     at(arrays.partial_begins),
                                     queries.as<uint16_t>(),
                                     sums.as<float>(),
                                     stats.as<float>(),
                                     out.as<uint16_t>()};
      const double seconds = best_seconds(device, 20, [&] { cuda::launch_attention(view, device.facts().multiprocessors, device.stream()); });
      report.measure(fmt::format("attention, {} x {} heads of {}, batch {}, context {}: share of bandwidth", s.group, s.kv_heads, s.head_dim, batch, context),
                     static_cast<double>(kv_bytes) / seconds / bandwidth, "", 0.9);
    }
}

struct Model {
  const char* name;
  const char* architecture;
  int hidden, layers, heads, kv_heads, ffn, vocab;
};
constexpr Model k06B{"0.6B", "qwen3", 1024, 28, 16, 8, 3072, 151936};
constexpr Model kModels[] = {{"1.5B", "qwen2", 1536, 28, 12, 2, 8960, 151936},
                             {"7B", "qwen2", 3584, 28, 28, 4, 18944, 152064},
                             {"8B", "llama", 4096, 32, 32, 8, 14336, 128256},
                             {"14B", "qwen2", 5120, 48, 40, 8, 13824, 152064}};

// As torch_loop.py takes it.
Json shape_of(const ModelConfig& c, const char* kind) {
  return {{"kind", kind}, {"hidden", c.hidden}, {"layers", c.layers}, {"heads", c.heads}, {"kv_heads", c.kv_heads},
          {"head_dim", c.head_dim}, {"ffn", c.ffn}, {"vocab", c.vocab}};
}

ModelFiles random_weights(const Model& m) {
  TempDir temp;
  const std::string path = temp.path() + "/config.json";
  const Json config = {{"model_type", m.architecture}, {"hidden_size", m.hidden}, {"num_hidden_layers", m.layers}, {"num_attention_heads", m.heads},
                       {"num_key_value_heads", m.kv_heads}, {"head_dim", 128}, {"intermediate_size", m.ffn}, {"vocab_size", m.vocab},
                       {"max_position_embeddings", 32768}, {"rms_norm_eps", 1e-6}, {"rope_theta", 10000.0}, {"tie_word_embeddings", false}};
  std::ofstream(path) << config.dump();
  auto files = make_dummy_model(path, DType::bf16);
  if (!files) throw cuda::DeviceError(files.error().message);
  return std::move(*files);
}

// Decoding at a fixed context: random weights, random keys and values, tokens drawn as R1 is evaluated.
class Decoder {
 public:
  explicit Decoder(const ModelWeights& weights, bool graphs = true)
      : config_(weights.config), ops_(gpu_ops(weights, {.max_rows = 512, .max_running = 512, .graphs = graphs})) {
    model_ = upload_model(*ops_, weights);
    n_pages_ = static_cast<int32_t>(std::min<size_t>(ops_->page_memory() / ops_->page_bytes(), 1 << 20));
    Status reserved = ops_->reserve_pages(n_pages_);
    if (!reserved) throw cuda::DeviceError(reserved.error().message);
    const auto page = random_halves(ops_->page_bytes() / 2, 9);
    std::vector<uint8_t> bytes(ops_->page_bytes());
    std::memcpy(bytes.data(), page.data(), page.size() * 2);
    std::vector<PageCopy> copies = {{PageCopy::Kind::in, 0, 0, bytes.data()}};
    for (int32_t p = 1; p < n_pages_; ++p) copies.push_back({PageCopy::Kind::within, 0, p, nullptr});
    ops_->copy_pages(copies);
  }

  int fitting(int32_t context) const { return n_pages_ / (context / kPageTokens + 1); }

  struct Times {
    double wall, device;
  };
  // Of one step, the mean of ten after three.
  Times run(int batch, int32_t context) {
    const Sampling sampling;
    std::vector<std::vector<int32_t>> tables(static_cast<size_t>(batch));
    for (int32_t b = 0; b < batch; ++b)
      for (int32_t p = 0; p <= context / kPageTokens; ++p) tables[static_cast<size_t>(b)].push_back(p * batch + b);
    Step step;
    step.tables.assign(tables.begin(), tables.end());
    for (int32_t b = 0; b < batch; ++b) {
      step.tokens.push_back(b % config_.vocab);
      step.positions.push_back(context);
      step.sequences.push_back(b);
      step.samples.push_back({b, static_cast<uint64_t>(b), context + 1, &sampling});
    }
    Times times{0, 0};
    double begin = 0;
    for (int i = -3; i <= 10; ++i) { // a step is read while the next one runs
      if (i < 10) {
        forward(*ops_, model_, step);
        ops_->end_step();
        for (int32_t b = 0; b < batch; ++b) step.tokens[static_cast<size_t>(b)] = ~b; // what it draws
      }
      if (i == -3) continue;
      const StepResult result = ops_->result();
      if (i == 0) begin = now();
      if (i > 0) times.device += result.device_seconds / 10;
    }
    times.wall = (now() - begin) / 10;
    return times;
  }

 private:
  const ModelConfig config_;
  std::unique_ptr<Ops> ops_;
  DeviceModel model_;
  int32_t n_pages_ = 0;
};

// engine.md 2.3 with this device's limits: seconds that a step must take.
double roofline(const ModelConfig& c, int batch, int32_t context, const Limits& limits) {
  const auto weights = static_cast<double>(matrix_weights(c)), b = static_cast<double>(batch);
  const double kv = b * context * 4.0 * c.layers * c.kv_size();
  const double products = std::max(2 * weights / limits.bandwidth, 2 * b * weights / limits.flops);
  return products + kv / limits.bandwidth + 12 * b * c.vocab / limits.bandwidth;
}

// What the launches of single kernels cost where the kernels are short.
void measure_graphs(GpuReport& report, const Model& m) {
  const ModelFiles files = random_weights(m);
  for (bool graphs : {false, true}) {
    const auto times = Decoder(files.weights, graphs).run(1, 512);
    const std::string name = fmt::format("decode {}, batch 1, {}", m.name, graphs ? "a graph for each step" : "kernel by kernel");
    report.measure(name, 1 / times.wall, "tokens/s");
    report.measure(name + ": device busy", times.device / times.wall, "");
  }
}

void measure_decoding(GpuReport& report, const Limits& limits) {
  measure_graphs(report, k06B);
  for (const Model& m : kModels) {
    const ModelFiles files = random_weights(m);
    const ModelConfig& config = files.weights.config;
    Decoder decoder(files.weights);
    for (int32_t context : {4096, 16384}) {
      const int batch = std::min(512, decoder.fitting(context + kPageTokens));
      if (batch < 1) continue;
      const auto times = decoder.run(batch, context);
      const std::string name = fmt::format("decode {}, batch {}, context {}", m.name, batch, context);
      report.measure(name, batch / times.wall, "tokens/s");
      Json shape = shape_of(config, "decode");
      shape["batch"] = batch;
      shape["context"] = context;
      report.shape(name, batch / times.wall, shape);
      report.measure(name + ": share of the roofline", roofline(config, batch, context, limits) / times.wall, "", 0.75);
      report.measure(name + ": device busy", times.device / times.wall, "", 0.98);
    }
    const auto times = decoder.run(1, 512);
    report.measure(fmt::format("decode {}, batch 1: share of the bandwidth, weights alone", m.name),
                   2 * static_cast<double>(matrix_weights(config)) / times.wall / limits.bandwidth, "",
                   std::string(m.name) == "1.5B" ? 0.5 : 0.75);
  }
}

// nano-vllm's bench.py: 256 sequences, 100 to 1024 tokens in and as many out.
class Bench256 : public TokenClient {
 public:
  static constexpr int kSequences = 256;
  static int length(int sequence, int answer) { // 0: of its prompt, 1: of its answer
    return 100 + static_cast<int>((static_cast<uint32_t>(sequence * 2 + answer) * 2654435761u >> 8) % 925);
  }
  std::optional<Request> next() override {
    if (at_ == kSequences) return std::nullopt;
    Request request;
    request.id = at_;
    for (int i = 0; i < length(at_, 0); ++i) request.prompt.push_back((at_ * 7919 + i * 104729) % 10000);
    request.sampling = {.temperature = 0.6, .top_p = 1, .max_tokens = length(at_, 1), .stop = {}};
    request.seed = static_cast<uint64_t>(at_++);
    return request;
  }
  bool wanted(int64_t) override { return true; }
  TokenVerdict token(int64_t, const Drawn&) override { return TokenVerdict::go_on; }
  void cut(int64_t) override {}
  void no_room(int64_t) override {}

 private:
  int at_ = 0;
};

void measure_engine(GpuReport& report) {
  const ModelFiles files = random_weights(k06B);
  EngineOptions options;
  options.max_running = 256;
  options.prefill_rows = 8192;
  options.threads = 1;
  auto engine = Engine::make_on(gpu_ops(files.weights, {.max_rows = options.max_running + options.prefill_rows, .max_running = options.max_running}), files.weights, options);
  if (!engine) throw cuda::DeviceError(engine.error().message);
  Bench256 client;
  const double begin = now();
  (*engine)->run(client);
  const double seconds = now() - begin;
  const std::string name = "256 sequences, 100-1024 in and out, Qwen3-0.6B's dimensions";
  const double speed = static_cast<double>((*engine)->stats().generated) / seconds;
  report.measure(name, speed, "tokens/s", 27000);
  Json shape = shape_of(files.weights.config, "serve");
  for (int i = 0; i < Bench256::kSequences; ++i) {
    shape["prompts"].push_back(Bench256::length(i, 0));
    shape["answers"].push_back(Bench256::length(i, 1));
  }
  report.shape(name, speed, shape);
  report.measure("the same: device busy", (*engine)->stats().device_seconds / seconds, "", 0.98);
}

} // namespace

void measure_speed(GpuReport& report) {
  Limits limits;
  {
    auto opened = cuda::open_nvidia_device();
    if (!opened) throw cuda::DeviceError(opened.error().message);
    cuda::Device& device = **opened;
    limits.bandwidth = measure_bandwidth(device, report);
    limits.flops = measure_products(device, report, limits.bandwidth);
    measure_attention(device, report, limits.bandwidth);
  }
  measure_engine(report);
  measure_decoding(report, limits);
}

} // namespace proctor
