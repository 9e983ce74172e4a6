// SPDX-License-Identifier: MIT
#include "backends/engine/engine/engine.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "backends/engine/cpu/cpu_ops.h"
#include "backends/engine/cpu/kernels.h"
#include "backends/engine/cpu/thread_pool.h"
#include "backends/engine/cuda/device.h"
#include "backends/engine/cuda/module.h"
#include "harness/signals_blocked.h"

namespace proctor {
namespace {

// As many pages as the memory allows, and no more than all sequences could ever use.
int32_t page_count(const EngineOptions& options, const ModelConfig& config, size_t page_bytes, size_t can_spare) {
  size_t memory = options.page_memory > 0 ? options.page_memory : can_spare;
  auto usable = static_cast<size_t>(pages_for(config.max_positions)) * static_cast<size_t>(options.max_running + 1);
  return static_cast<int32_t>(std::min({memory / page_bytes, usable, size_t{1} << 24}));
}

EngineOptions with_defaults(EngineOptions options, bool on_gpu) {
  if (options.max_running <= 0) options.max_running = on_gpu ? 256 : 32;
  if (options.prefill_rows <= 0) options.prefill_rows = on_gpu ? 2048 : 256;
  return options;
}

std::unique_ptr<Ops> cpu_ops(const ModelWeights& weights, const EngineOptions& options) {
  CpuOptions cpu{options.threads, options.bf16_pages.value_or(main_dtype(weights) != DType::f32), nullptr};
  return make_cpu_ops(weights.config, weights.rope, cpu);
}

Result<std::unique_ptr<Ops>> cuda_ops(const ModelWeights& weights, const EngineOptions& options) {
  if (options.bf16_pages == false) return usage_error("kv=f32 is the CPU's; CUDA has bf16 and fp8");
  cuda::CudaOptions cuda;
  if (options.e4m3_pages) cuda.kv = cuda::KvType::e4m3;
  const EngineOptions settled = with_defaults(options, true);
  cuda.max_running = settled.max_running;
  cuda.max_rows = settled.max_running + settled.prefill_rows;
  cuda.threads = options.threads;
  const SignalsBlocked blocked; // the driver starts threads of its own
  return cuda::load_ops(weights.config, weights.rope, cuda);
}

Result<std::unique_ptr<Engine>> make_on_cuda(const ModelWeights& weights, const EngineOptions& options) try {
  auto ops = cuda_ops(weights, options);
  if (!ops) return ops.error();
  return Engine::make_on(std::move(*ops), weights, options);
} catch (const cuda::DeviceError& error) { // the weights have no room there, most often
  return infrastructure_error(error.what());
}

Result<std::unique_ptr<Engine>> make_on_cpu(const ModelWeights& weights, const EngineOptions& options) {
  if (options.e4m3_pages) return usage_error("kv=fp8 is CUDA's; the CPU has bf16 and f32");
  return Engine::make_on(cpu_ops(weights, options), weights, options);
}

} // namespace

Engine::Clock Engine::Clock::now() {
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return {std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(),
          static_cast<double>(cpu.tv_sec) + 1e-9 * static_cast<double>(cpu.tv_nsec)};
}

Result<std::unique_ptr<Engine>> Engine::make(const ModelWeights& weights, EngineOptions options) {
  if (!wishes_known_kernels()) return usage_error("PROCTOR_CPU in the environment: scalar, avx2, avx512 or avx512bf16 is wanted");
  if (options.threads <= 0) options.threads = usable_cpus();
  try {
    if (options.device == EngineDevice::cpu) return make_on_cpu(weights, options);
    auto on_cuda = make_on_cuda(weights, options);
    if (on_cuda || options.device == EngineDevice::cuda) return on_cuda;
    auto engine = make_on_cpu(weights, options);
    if (engine) (*engine)->fallback_ = on_cuda.error().message;
    return engine;
  } catch (const ThreadsRefused& error) {
    return infrastructure_error(error.what());
  }
}

Result<std::unique_ptr<Engine>> Engine::make_on(std::unique_ptr<Ops> ops, const ModelWeights& weights,
                                                EngineOptions options) {
  options = with_defaults(options, ops->device().name != "cpu");
  std::unique_ptr<Engine> engine(new Engine);
  engine->threads_ = options.threads;
  engine->ops_ = std::move(ops);
  engine->model_ = upload_model(*engine->ops_, weights);
  int32_t pages =
      page_count(options, weights.config, engine->ops_->page_bytes(), engine->ops_->page_memory());
  if (pages < 2)
    return infrastructure_error(
        fmt::format("no room for keys and values: {} positions take {} bytes, and at least twice as much is wanted; free "
                    "memory, or raise --model_args kv_megabytes where it is given", kPageTokens, engine->ops_->page_bytes()));
  if (Status reserved = engine->ops_->reserve_pages(pages); !reserved) return reserved.error();
  engine->pool_ = std::make_unique<KvPool>(pages);
  SchedulerLimits limits{options.max_running, options.prefill_rows, 4, engine->ops_->page_bytes()};
  engine->scheduler_ = std::make_unique<Scheduler>(*engine->pool_, limits);
  return engine;
}

void Engine::run(TokenClient& client) {
  last_ = {};
  std::optional<Begun> ahead; // of its result
  for (;;) {
    scheduler_->remove_if([&](const Sequence& sequence) { return !client.wanted(sequence.id); });
    take_requests(client); // after it: the last one may just have gone, with others still to come
    std::optional<Begun> begun = begin_step();
    if (!begun && !ahead) return;
    if (ahead) finish_step(*std::exchange(ahead, std::nullopt), client);
    if (begun && ops_->runs_ahead())
      ahead = std::move(begun);
    else if (begun)
      finish_step(*begun, client);
  }
}

void Engine::take_requests(TokenClient& client) {
  while (scheduler_->has_room()) {
    auto request = client.next();
    if (!request) return;
    auto sequence = std::make_unique<Sequence>();
    sequence->id = request->id;
    sequence->n_prompt = static_cast<int32_t>(request->prompt.size());
    sequence->tokens = std::move(request->prompt);
    sequence->sampling = std::move(request->sampling);
    sequence->seed = request->seed;
    if (is_cut(*sequence, sequence->n_prompt))
      client.cut(sequence->id); // not even one token
    else if (sequence->n_prompt >= room())
      client.no_room(sequence->id);
    else
      scheduler_->add(std::move(sequence));
  }
}

void Engine::copy_pages(const std::vector<PageCopy>& copies) {
  ops_->copy_pages(copies);
  std::lock_guard lock(mutex_);
  for (const PageCopy& copy : copies) stats_.swapped_out += copy.kind == PageCopy::Kind::out;
}

// nullopt: there is nothing to compute.
std::optional<Engine::Begun> Engine::begin_step() {
  Begun begun{{}, Clock::now()};
  StepPlan& plan = begun.plan = scheduler_->plan();
  copy_pages(plan.copies);
  if (plan.step.n_rows() == 0) return std::nullopt;
  forward(*ops_, model_, plan.step);
  ops_->end_step();
  scheduler_->computed(plan);
  for (size_t i = 0; i < plan.sampled.size(); ++i) {
    Sequence& sequence = *plan.sampled[i];
    sequence.tokens.push_back(~static_cast<int32_t>(i));
    const auto length = static_cast<int32_t>(sequence.tokens.size());
    sequence.complete = is_cut(sequence, length) || length >= room();
  }
  return begun;
}

void Engine::finish_step(const Begun& step, TokenClient& client) {
  const StepResult result = ops_->result();
  const Clock now = Clock::now();
  const Clock taken{now.wall - std::max(step.since.wall, last_.wall), now.cpu - std::max(step.since.cpu, last_.cpu)};
  last_ = now;
  count(step.plan, result, taken);
  charge(step.plan, taken.wall, client);
  deliver(step.plan, result, client);
}

void Engine::charge(const StepPlan& plan, double seconds, TokenClient& client) {
  int64_t rows = 0;
  for (const StepPlan::Part& part : plan.parts) rows += part.sequence->removed ? 0 : part.rows;
  for (const StepPlan::Part& part : plan.parts)
    if (!part.sequence->removed) client.charge(part.sequence->id, seconds * part.rows / static_cast<double>(rows));
}

void Engine::deliver(const StepPlan& plan, const StepResult& result, TokenClient& client) {
  done_.clear();
  for (size_t i = 0; i < plan.sampled.size(); ++i) {
    Sequence& sequence = *plan.sampled[i];
    if (sequence.removed) continue; // it ended with the token before this one
    const auto at = static_cast<size_t>(plan.step.samples[i].position);
    if (!std::isfinite(result.drawn[i].logprob)) throw LogitsNotFinite();
    sequence.tokens[at] = result.drawn[i].token;
    if (client.token(sequence.id, result.drawn[i]) == TokenVerdict::stop) {
      done_.push_back(sequence.id);
      continue;
    }
    if (!sequence.complete || at + 1 < sequence.tokens.size()) continue;
    if (is_cut(sequence, static_cast<int32_t>(sequence.tokens.size())))
      client.cut(sequence.id);
    else
      client.no_room(sequence.id);
    done_.push_back(sequence.id);
  }
  if (!done_.empty())
    scheduler_->remove_if(
        [&](const Sequence& sequence) { return std::find(done_.begin(), done_.end(), sequence.id) != done_.end(); });
}

void Engine::count(const StepPlan& plan, const StepResult& result, const Clock& taken) {
  std::lock_guard lock(mutex_);
  ++stats_.steps;
  stats_.prefilled += plan.step.tokens.size() - plan.sampled.size();
  for (size_t i = 0; i < plan.sampled.size(); ++i) {
    const Sequence& sequence = *plan.sampled[i];
    if (!sequence.removed) ++stats_.generated;
    if (plan.step.samples[i].position == sequence.n_prompt) stats_.shared += static_cast<uint64_t>(sequence.n_shared);
  }
  stats_.bytes_read += result.bytes_read;
  stats_.seconds += taken.wall;
  stats_.cpu_seconds += taken.cpu;
  stats_.device_seconds += result.device_seconds;
  stats_.fill_sum += 1 - static_cast<double>(pool_->n_free()) / pool_->size();
  stats_.running_sum += static_cast<double>(scheduler_->n_running());
}

// Whether a sequence of so many tokens has all that it may have.
bool Engine::is_cut(const Sequence& sequence, int32_t length) const {
  return length - sequence.n_prompt >= sequence.sampling.max_tokens || length >= config().max_positions;
}

int32_t Engine::room() const {
  return static_cast<int32_t>(std::min(int64_t{config().max_positions}, int64_t{pool_->size()} * kPageTokens));
}

EngineStats Engine::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

std::vector<std::vector<float>> Engine::logits(const std::vector<int32_t>& tokens) {
  PROCTOR_CHECK(scheduler_->idle() && static_cast<int32_t>(tokens.size()) <= room());
  const Sampling greedy{.temperature = 0, .stop = {}};
  std::vector<int32_t> pages;
  while (static_cast<int32_t>(pages.size()) < pages_for(static_cast<int32_t>(tokens.size())))
    pages.push_back(pool_->take().value());
  Step step;
  step.tokens = tokens;
  step.positions.resize(tokens.size());
  std::iota(step.positions.begin(), step.positions.end(), 0);
  step.sequences.assign(tokens.size(), 0);
  step.tables = {pages};
  step.keep_logits = true;
  for (int32_t row = 0; row < static_cast<int32_t>(tokens.size()); ++row)
    step.samples.push_back({row, 0, row + 1, &greedy});
  forward(*ops_, model_, step);
  ops_->end_step();
  pool_->release(pages);
  return ops_->result().logits;
}

} // namespace proctor
