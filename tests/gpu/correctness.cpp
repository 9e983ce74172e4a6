// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>

#include "backends/engine/cpu/kernels.h"
#include "backends/engine/cpu/thread_pool.h"
#include "backends/engine/cuda/nvidia_device.h"
#include "backends/engine/engine/engine.h"
#include "backends/engine/engine/sampling.h"
#include "tests/backends/engine/run_model.h"
#include "tests/backends/engine/test_model.h"
#include "tests/gpu/checks.h"
#include "tests/temp_dir.h"

namespace proctor {
namespace {

std::unique_ptr<cuda::Device> open_device() {
  auto device = cuda::open_nvidia_device();
  if (!device) throw cuda::DeviceError(device.error().message);
  return std::move(*device);
}

struct Loaded {
  TempDir temp;
  ModelFiles files;
  Loaded(const TestModel& model, DType type) {
    write_file(temp.path() + "/m.gguf", gguf_bytes(model, type));
    files = std::move(*open_gguf_model(temp.path() + "/m.gguf"));
  }
};

// Every verb, in the place where it belongs: logits of small models against the CPU's.
void check_models(GpuReport& report, bool small) {
  const auto tokens = some_tokens(small ? 70 : 700); // over pages, and over a split
  for (const char* architecture : {"llama", "qwen2", "qwen3"})
    for (int head_dim : {8, 32, 40, 64, 128})
      for (cuda::KvType kv : {cuda::KvType::bf16, cuda::KvType::e4m3}) {
        if (small && (std::string(architecture) != "qwen3" || head_dim == 40)) continue;
        if (kv == cuda::KvType::e4m3 && head_dim < 32) continue;
        Loaded model(random_model(tiny_config(architecture, head_dim), 5), DType::bf16);
        ModelRunner cpu(model.files.weights, {.threads = usable_cpus(), .bf16_pages = true, .kernels = nullptr});
        ModelRunner gpu(model.files.weights, gpu_ops(model.files.weights, {.kv = kv}));
        const double error = relative_error(gpu.feed(tokens), cpu.feed(tokens)), bound = kv == cuda::KvType::bf16 ? 0.02 : 0.12;
        report.check(fmt::format("logits, {} with heads of {}, {} pages", architecture, head_dim,
                                 kv == cuda::KvType::bf16 ? "BF16" : "e4m3"),
                     error < bound, fmt::format("relative error {:.2g}, bound {}", error, bound));
      }
}

// Draws of the sampling kernel against the CPU's, from the same logits.
void check_sampling(GpuReport& report, int n) {
  const Sampling samplings[] = {{.temperature = 0, .stop = {}},
                                {.temperature = 1, .top_p = 1, .stop = {}},
                                {.temperature = 0.6, .top_p = 0.95, .stop = {}},
                                {.temperature = 1, .top_p = 1, .top_k = 50, .stop = {}},
                                {.temperature = 1, .top_p = 1, .min_p = 0.1, .stop = {}},
                                {.temperature = 2, .top_p = 0.999, .stop = {}}};
  const int rows = 64;
  std::vector<float> logits(static_cast<size_t>(rows * n));
  uint32_t state = 7;
  for (float& logit : logits) {
    state = state * 1664525u + 1013904223u;
    const float uniform = static_cast<float>(state >> 8) * 0x1p-24f;
    logit = 20 * uniform * uniform * uniform;
  }
  std::vector<cuda::SampleTask> tasks;
  for (int r = 0; r < rows; ++r) {
    const Sampling& s = samplings[static_cast<size_t>(r) % std::size(samplings)];
    tasks.push_back({static_cast<uint64_t>(r) * 77 + 1, s.temperature, s.top_p, s.min_p, s.top_k, r});
  }
  auto device = open_device();
  void* on_device = device->allocate(logits.size() * 4);
  void* tasks_there = device->allocate(tasks.size() * sizeof tasks[0]);
  void* drawn_there = device->allocate(rows * sizeof(cuda::DrawnToken));
  device->to_device(on_device, logits.data(), logits.size() * 4);
  device->to_device(tasks_there, tasks.data(), tasks.size() * sizeof tasks[0]);
  cuda::launch_sample(static_cast<float*>(on_device), rows, n, n, static_cast<cuda::SampleTask*>(tasks_there),
                      static_cast<cuda::DrawnToken*>(drawn_there), device->stream());
  std::vector<cuda::DrawnToken> drawn(rows);
  device->to_host(drawn.data(), drawn_there, drawn.size() * sizeof drawn[0]);
  for (void* memory : {on_device, tasks_there, drawn_there}) device->release(memory);
  int equal = 0;
  std::vector<float> exps(static_cast<size_t>(n));
  std::vector<int32_t> order;
  for (int r = 0; r < rows; ++r) {
    const float* row = logits.data() + static_cast<size_t>(r) * static_cast<size_t>(n);
    const Sampling& s = samplings[static_cast<size_t>(r) % std::size(samplings)];
    Choice choice{row, exps.data(), n, 0, scalar_kernels().race};
    if (s.temperature > 0)
      choice.exp_sum = scalar_kernels().logit_stats(row, n, static_cast<float>(1 / s.temperature), exps.data()).sum;
    equal += drawn[static_cast<size_t>(r)].token == draw_token(choice, s, tasks[static_cast<size_t>(r)].seed, r, order);
  }
  report.check(fmt::format("tokens drawn from {} logits are the CPU's", n), equal == rows, fmt::format("{} of {}", equal, rows));
}

void check_golden(GpuReport& report, const std::string& directory) {
  Loaded model(read_llama2c(directory + "/stories260K.bin"), DType::bf16);
  std::ifstream file(directory + "/golden_greedy_fp64.json");
  const Json steps = (*parse_json(std::string((std::istreambuf_iterator<char>(file)), {}), "golden")).at("steps");
  ModelRunner runner(model.files.weights, gpu_ops(model.files.weights, {}));
  int equal = 0;
  double largest = 0;
  for (const Json& step : steps) {
    const auto logits = runner.feed({step.at("token").get<int32_t>()})[0];
    equal += std::max_element(logits.begin(), logits.end()) - logits.begin() == step.at("next").get<int64_t>();
    for (const Json& pair : step.at("top5"))
      largest = std::max(largest, std::abs(static_cast<double>(logits[pair[0].get<size_t>()]) - pair[1].get<double>()));
  }
  report.check("stories260K, BF16, teacher-forced, one token at a time", equal >= 253 && largest < 0.4,
               fmt::format("{} of 256, largest top-5 error {:.3f}", equal, largest));
}

using Answers = std::map<int64_t, std::vector<std::pair<int32_t, float>>>;

class Client : public TokenClient {
 public:
  Client(int64_t n, int max_tokens) : n_(n), max_tokens_(max_tokens) {}
  Answers answers;
  std::optional<Request> next() override {
    if (at_ == n_) return std::nullopt;
    const int32_t lengths[] = {1, 2, 63, 64, 65, 66, 128, 40};
    Request request;
    request.id = at_;
    for (int32_t i = 0; i < lengths[at_ / 8 % 8]; ++i)
      request.prompt.push_back((static_cast<int32_t>(at_ / 8) * 31 + i * 7) % 96);
    request.sampling = {.temperature = at_ % 8 == 0 ? 0.0 : 1.0, .top_p = at_ % 8 < 4 ? 0.9 : 1.0, .max_tokens = max_tokens_, .stop = {}};
    request.seed = 1000 + static_cast<uint64_t>(at_++);
    return request;
  }
  bool wanted(int64_t) override { return true; }
  TokenVerdict token(int64_t id, const Drawn& drawn) override {
    answers[id].emplace_back(drawn.token, drawn.logprob);
    return TokenVerdict::go_on;
  }
  void cut(int64_t) override {}
  void no_room(int64_t) override {}

 private:
  int64_t at_ = 0;
  const int64_t n_;
  const int max_tokens_;
};

Answers answers_of(const ModelWeights& weights, EngineOptions options, int64_t n, int max_tokens, EngineStats* stats = nullptr,
                   cuda::CudaOptions device = {}) {
  device.max_rows = 1024;
  device.max_running = 512;
  auto engine = Engine::make_on(gpu_ops(weights, device), weights, options);
  if (!engine) throw cuda::DeviceError(engine.error().message);
  Client client(n, max_tokens);
  (*engine)->run(client);
  if (stats != nullptr) *stats = (*engine)->stats();
  return client.answers;
}

void check_determinism(GpuReport& report, bool small) {
  for (int head_dim : {32, 64, 128}) {
    if (small && head_dim != 64) continue;
    Loaded model(random_model(tiny_config("qwen3", head_dim), 5), DType::bf16);
    const ModelWeights& weights = model.files.weights;
    const int64_t n = small ? 4 : 512;
    const int tokens = small ? 70 : 90;
    const Answers expected = answers_of(weights, {.max_running = 1, .bf16_pages = {}}, n, tokens);
    for (int batch : {7, 64, 512}) {
      const bool equal = answers_of(weights, {.max_running = batch, .bf16_pages = {}, .prefill_rows = batch == 7 ? 17 : 256}, n, tokens) == expected;
      report.check(fmt::format("{} samples at batch {} are those at batch 1, heads of {}", n, batch, head_dim), equal, equal ? "to the bit" : "they differ");
    }
    const bool plain = answers_of(weights, {.max_running = 64, .bf16_pages = {}}, n, tokens, nullptr, {.graphs = false, .runs_ahead = false}) == expected;
    report.check(fmt::format("the same, kernel by kernel and step by step, heads of {}", head_dim), plain, plain ? "to the bit" : "they differ");
    const size_t page = gpu_ops(weights, {})->page_bytes();
    EngineStats stats;
    const Answers swapped = answers_of(weights, {.max_running = 64, .bf16_pages = {}, .page_memory = (small ? 5u : 12u) * page}, n, tokens, &stats);
    report.check(fmt::format("samples that were swapped out and in again, heads of {}", head_dim), swapped == expected,
                 fmt::format("{} pages went out", stats.swapped_out));
  }
}

} // namespace

std::unique_ptr<Ops> gpu_ops(const ModelWeights& weights, cuda::CudaOptions options) {
  options.threads = usable_cpus();
  auto ops = cuda::make_ops(weights.config, weights.rope, open_device(), options);
  if (!ops) throw cuda::DeviceError(ops.error().message);
  return std::move(*ops);
}

void check_correctness(GpuReport& report, const std::string& goldens, bool small) {
  check_models(report, small);
  for (int n : {96, 5000, 151936})
    if (!small || n < 1000) check_sampling(report, n);
  if (!goldens.empty()) check_golden(report, goldens + "/models/stories260K");
  check_determinism(report, small);
}

} // namespace proctor
