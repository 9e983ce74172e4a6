// SPDX-License-Identifier: MIT
// Each kernel of the in-process engine on one core, for the best instruction set of this machine (PROCTOR_CPU asks for
// less). Items per second are multiply-adds for matrices, positions for attention, values for the rest.
#include <benchmark/benchmark.h>
#include <random>

#include "backends/engine/cpu/packed.h"
#include "backends/engine/cpu/page_pool.h"
#include "backends/engine/format/quant.h"

using namespace proctor;

namespace {

std::vector<float> noise(int64_t n) {
  std::mt19937 random(1);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& value : values) value = static_cast<float>(random() % 2001) / 1000 - 1;
  return values;
}

std::vector<uint8_t> stored(DType type, const std::vector<float>& values, int64_t cols) {
  std::vector<uint8_t> bytes(row_bytes(type, static_cast<int64_t>(values.size())));
  for (size_t r = 0; r < values.size() / static_cast<size_t>(cols); ++r)
    quantise_row(type, values.data() + r * static_cast<size_t>(cols), cols, bytes.data() + r * row_bytes(type, cols));
  return bytes;
}

// The gate and up projections of the 135M shape.
void multiply(benchmark::State& state, DType type) {
  constexpr int64_t kRows = 3072, kCols = 576;
  const Kernels& kernels = best_kernels();
  ThreadPool pool(1);
  auto bytes = stored(type, noise(kRows * kCols), kCols);
  WeightMemory memory;
  PackedMatrix matrix({TensorView{"w", type, kRows, kCols, bytes.data()}, 0}, {}, memory, pool);
  const int64_t batch = state.range(0);
  auto x = noise(batch * kCols);
  std::vector<float> out(static_cast<size_t>(batch * kRows));
  std::vector<uint8_t> packed(static_cast<size_t>(batch * kCols / 32 * kernels.packed_bytes));
  std::vector<uint8_t> pairs(static_cast<size_t>(batch * kCols / 2 * kernels.pair_bytes));
  ActivationView in{batch, kCols, x.data(), kCols, packed.data(), pairs.data()};
  kernels.quantise(in, 0, batch, packed.data());
  kernels.pair_up(in, 0, batch, pairs.data());
  for (auto _ : state) {
    kernels.multiply(matrix.view(), in, 0, matrix.n_groups(), out.data(), kRows);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * batch * kRows * kCols);
}

void quantise(benchmark::State& state) {
  const Kernels& kernels = best_kernels();
  auto x = noise(16 * 1536);
  std::vector<uint8_t> packed(static_cast<size_t>(16 * 1536 / 32 * kernels.packed_bytes));
  for (auto _ : state) {
    kernels.quantise({16, 1536, x.data(), 1536, nullptr, nullptr}, 0, 16, packed.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 16 * 1536);
}

void pair_up(benchmark::State& state) {
  const Kernels& kernels = best_kernels();
  auto x = noise(16 * 1536);
  std::vector<uint8_t> pairs(static_cast<size_t>(16 * 1536 / 2 * kernels.pair_bytes));
  for (auto _ : state) {
    kernels.pair_up({16, 1536, x.data(), 1536, nullptr, nullptr}, 0, 16, pairs.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 16 * 1536);
}

// Three queries share a kv head of size 64, as in the 135M shape; BF16 pages.
void attend(benchmark::State& state) {
  const Kernels& kernels = best_kernels();
  const int64_t context = state.range(0);
  ModelConfig config;
  config.head_dim = 64;
  config.heads = 3;
  config.kv_heads = config.layers = 1;
  PagePool pool(PageShape(config, true));
  const auto n_pages = static_cast<int32_t>((context + kPageTokens - 1) / kPageTokens);
  if (!pool.reserve(n_pages)) return state.SkipWithError("no memory");
  auto x = noise(128);
  for (int32_t p = 0; p < n_pages * kPageTokens; ++p)
    pool.write(pool.head(p / kPageTokens, 0, 0), p % kPageTokens, x.data(), x.data() + 64);
  std::vector<const uint8_t*> pages;
  for (int32_t p = 0; p < n_pages; ++p) pages.push_back(pool.head(p, 0, 0));
  std::vector<float> query = noise(3 * 64), out(3 * 64), scratch(4 * 128);
  for (auto _ : state) {
    kernels.attend({query.data(), 3, 64, 64, 0.125f, pages.data(), context, true, out.data(), scratch.data()});
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * context);
}

void rms_norm(benchmark::State& state) {
  auto x = noise(576), gain = noise(576), out = noise(576);
  for (auto _ : state) {
    best_kernels().rms_norm(x.data(), nullptr, gain.data(), 576, 1e-5f, out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 576);
}

void swiglu(benchmark::State& state) {
  auto x = noise(3072), out = noise(1536);
  for (auto _ : state) {
    best_kernels().swiglu(x.data(), 1536, out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 1536);
}

void logit_stats(benchmark::State& state) {
  auto logits = noise(49152), exps = noise(49152);
  for (auto _ : state) benchmark::DoNotOptimize(best_kernels().logit_stats(logits.data(), 49152, 1.7f, exps.data()));
  state.SetItemsProcessed(state.iterations() * 49152);
}

void race(benchmark::State& state) {
  auto rates = noise(49152);
  for (float& rate : rates) rate = rate * rate;
  int32_t position = 0;
  for (auto _ : state) benchmark::DoNotOptimize(best_kernels().race(rates.data(), 49152, 5, ++position));
  state.SetItemsProcessed(state.iterations() * 49152);
}

void rotate(benchmark::State& state) {
  auto head = noise(64), angles = noise(64);
  for (auto _ : state) {
    best_kernels().rotate(head.data(), angles.data(), angles.data() + 32, 32);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 64);
}

BENCHMARK_CAPTURE(multiply, q4_0, DType::q4_0)->Arg(1)->Arg(4)->Arg(16)->Arg(128);
BENCHMARK_CAPTURE(multiply, q4_1, DType::q4_1)->Arg(1)->Arg(16)->Arg(128);
BENCHMARK_CAPTURE(multiply, q5_0, DType::q5_0)->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(multiply, q8_0, DType::q8_0)->Arg(1)->Arg(4)->Arg(16)->Arg(128);
BENCHMARK_CAPTURE(multiply, f32, DType::f32)->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(multiply, bf16, DType::bf16)->Arg(1)->Arg(4)->Arg(16)->Arg(128);
BENCHMARK(quantise);
BENCHMARK(pair_up);
BENCHMARK(attend)->Arg(64)->Arg(1024);
BENCHMARK(rms_norm);
BENCHMARK(swiglu);
BENCHMARK(logit_stats);
BENCHMARK(race);
BENCHMARK(rotate);

} // namespace
