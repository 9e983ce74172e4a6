// SPDX-License-Identifier: MIT
// Tokenizing with a real vocabulary, and rendering its chat template. Wants PROCTOR_TEST_DATA.
#include <benchmark/benchmark.h>
#include <cstdlib>

#include "harness/text/tokenizer_files.h"
#include "tests/bench/texts.h"

using namespace proctor;

namespace {

// Nothing without the data.
std::optional<ModelText> load(const std::string& name) {
  const char* data = std::getenv("PROCTOR_TEST_DATA");
  if (data == nullptr) return std::nullopt;
  auto model = load_model_text(std::string(data) + "/models/tokenizers/" + name);
  return model ? std::optional(std::move(*model)) : std::nullopt;
}

void encode(benchmark::State& state, const std::string& name, const std::string& text) {
  auto model = load(name);
  if (!model) return state.SkipWithError("PROCTOR_TEST_DATA not set");
  for (auto _ : state) benchmark::DoNotOptimize(model->tokenizer.encode(text));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void load_tokenizer_json(benchmark::State& state, const std::string& name) {
  if (!load(name)) return state.SkipWithError("PROCTOR_TEST_DATA not set");
  for (auto _ : state) benchmark::DoNotOptimize(load(name));
}

void render(benchmark::State& state) {
  auto model = load("qwen2_5");
  if (!model) return state.SkipWithError("PROCTOR_TEST_DATA not set");
  std::vector<Message> messages = {{"system", "Be brief."}, {"user", reasoning_text(2000)}};
  for (auto _ : state) benchmark::DoNotOptimize(model->chat->render(messages));
}

BENCHMARK_CAPTURE(encode, qwen_prose, "qwen2_5", reasoning_text(1 << 20))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode, llama_prose, "llama3_1", reasoning_text(1 << 20))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode, deepseek_prose, "deepseek_v3", reasoning_text(1 << 20))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(encode, qwen_one_letter, "qwen2_5", std::string(1 << 20, 'a'))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_tokenizer_json, llama, "llama3_1")->Unit(benchmark::kMillisecond);
BENCHMARK(render)->Unit(benchmark::kMicrosecond);

} // namespace
