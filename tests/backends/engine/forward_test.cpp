// SPDX-License-Identifier: MIT
// The forward pass of every architecture against a float64 oracle, through both file formats.
#include <cmath>
#include <doctest/doctest.h>

#include "tests/backends/engine/oracle.h"
#include "tests/backends/engine/run_model.h"
#include "tests/temp_dir.h"

using namespace proctor;

namespace {

double largest_error(const std::vector<std::vector<float>>& logits, const std::vector<std::vector<double>>& expected) {
  double largest = 0;
  REQUIRE(logits.size() == expected.size());
  for (size_t t = 0; t < logits.size(); ++t)
    for (size_t i = 0; i < logits[t].size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(logits[t][i]) - expected[t][i]));
  return largest;
}

Json with_rope(Json config, const char* type) {
  config["rope_scaling"] = {{"rope_type", type}, {"factor", 4.0}, {"original_max_position_embeddings", 64}, {"low_freq_factor", 1.0}, {"high_freq_factor", 4.0}};
  return config;
}

} // namespace

TEST_CASE("F32 logits of every architecture are the float64 oracle's to 1e-4, from both formats and all kernels") {
  const auto tokens = some_tokens(150); // three pages
  for (const char* architecture : {"llama", "qwen2", "qwen3"})
    for (int head_dim : {8, 32, 40}) {
      CAPTURE(architecture);
      CAPTURE(head_dim);
      TempDir temp;
      TestModel model = random_model(tiny_config(architecture, head_dim), 3);
      auto expected = oracle_logits(model, tokens);
      write_file(temp.path() + "/m.gguf", gguf_bytes(model, DType::f32));
      write_hf_directory(model, DType::f32, temp.path() + "/m");
      auto gguf = open_gguf_model(temp.path() + "/m.gguf");
      auto hf = open_hf_model(temp.path() + "/m");
      REQUIRE(gguf.has_value());
      REQUIRE(hf.has_value());
      for (const Kernels* kernels : {&scalar_kernels(), &avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()}) {
        if (!kernels->supported()) continue;
        CAPTURE(kernels->name);
        ModelRunner a(gguf->weights, {.threads = 2, .bf16_pages = false, .kernels = kernels});
        ModelRunner b(hf->weights, {.threads = 1, .bf16_pages = false, .kernels = kernels});
        auto logits = a.feed(tokens);
        CHECK(largest_error(logits, expected) < 1e-4);
        CHECK(b.feed(tokens) == logits);
      }
    }
}

TEST_CASE("linear, llama3 and yarn rope scalings are the oracle's") {
  const auto tokens = some_tokens(100);
  for (const char* scaling : {"linear", "llama3", "yarn", "yarn, not truncated"}) {
    CAPTURE(scaling);
    TempDir temp;
    Json config = with_rope(tiny_config("llama", 32), std::string(scaling).starts_with("yarn") ? "yarn" : scaling);
    if (scaling == std::string("yarn, not truncated")) config["rope_scaling"]["truncate"] = false;
    TestModel model = random_model(config, 4);
    write_hf_directory(model, DType::f32, temp.path() + "/m");
    auto hf = open_hf_model(temp.path() + "/m");
    REQUIRE(hf.has_value());
    ModelRunner runner(hf->weights, {.threads = 1, .bf16_pages = false, .kernels = nullptr});
    CHECK(largest_error(runner.feed(tokens), oracle_logits(model, tokens)) < 1e-4);
  }
}

TEST_CASE("of two descriptions of rope, rope_scaling is the one that counts") {
  const auto tokens = some_tokens(100);
  TempDir temp;
  TestModel model = random_model(with_rope(tiny_config("llama", 32), "linear"), 4);
  const auto expected = oracle_logits(model, tokens);
  model.config["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 500.0}};
  write_hf_directory(model, DType::f32, temp.path() + "/m");
  auto hf = open_hf_model(temp.path() + "/m");
  REQUIRE(hf.has_value());
  ModelRunner runner(hf->weights, {.threads = 1, .bf16_pages = false, .kernels = nullptr});
  CHECK(largest_error(runner.feed(tokens), expected) < 1e-4);
}

TEST_CASE("a prompt in pieces of any size gives the same bits as in one go") {
  TempDir temp;
  TestModel model = random_model(tiny_config("qwen2", 32), 6);
  write_file(temp.path() + "/m.gguf", gguf_bytes(model, DType::q8_0));
  auto files = open_gguf_model(temp.path() + "/m.gguf");
  REQUIRE(files.has_value());
  const auto tokens = some_tokens(140);
  ModelRunner runner(files->weights, {.threads = 2, .bf16_pages = true, .kernels = nullptr});
  auto expected = runner.feed(tokens);
  for (size_t piece : {1, 7, 63, 64, 65}) {
    CAPTURE(piece);
    runner.rewind();
    std::vector<std::vector<float>> all;
    for (size_t at = 0; at < tokens.size(); at += piece) {
      auto end = tokens.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, tokens.size()));
      for (auto& row : runner.feed({tokens.begin() + static_cast<std::ptrdiff_t>(at), end})) all.push_back(row);
    }
    CHECK(all == expected);
  }
}

TEST_CASE("one weight that is NaN leaves no token that could be drawn, whatever type the matrices have") {
  for (DType type : {DType::f32, DType::bf16, DType::q4_0, DType::q4_1, DType::q8_0})
    for (const char* damaged : {"model.layers.0.input_layernorm.weight", "model.layers.1.post_attention_layernorm.weight",
                                "model.layers.1.self_attn.k_norm.weight", "model.norm.weight"}) {
      CAPTURE(info(type).name);
      CAPTURE(damaged);
      TempDir temp;
      TestModel model = random_model(tiny_config("qwen3", 16), 8);
      model.tensors.at(damaged).values[5] = NAN;
      write_file(temp.path() + "/m.gguf", gguf_bytes(model, type));
      auto files = open_gguf_model(temp.path() + "/m.gguf");
      REQUIRE(files.has_value());
      ModelRunner runner(files->weights, {.threads = 1, .bf16_pages = true, .kernels = nullptr});
      runner.feed(some_tokens(5));
      for (const Drawn& drawn : runner.last().drawn) CHECK_FALSE(std::isfinite(drawn.logprob));
    }
}

TEST_CASE("all instruction sets give the same bits") {
  const auto tokens = some_tokens(70);
  for (DType type : {DType::f32, DType::f16, DType::bf16, DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1, DType::q8_0}) {
    CAPTURE(info(type).name);
    TempDir temp;
    write_file(temp.path() + "/m.gguf", gguf_bytes(random_model(tiny_config("qwen3", 16), 8), type));
    auto files = open_gguf_model(temp.path() + "/m.gguf");
    REQUIRE(files.has_value());
    ModelRunner scalar(files->weights, {.threads = 1, .bf16_pages = true, .kernels = &scalar_kernels()});
    auto expected = scalar.feed(tokens);
    for (const Kernels* kernels : {&avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()}) {
      if (!kernels->supported()) continue;
      CAPTURE(kernels->name);
      ModelRunner other(files->weights, {.threads = 1, .bf16_pages = true, .kernels = kernels});
      CHECK(other.feed(tokens) == expected);
    }
  }
}
