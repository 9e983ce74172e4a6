// SPDX-License-Identifier: MIT
#include <cmath>
#include <doctest/doctest.h>
#include <map>

#include "backends/engine/cpu/kernels.h"
#include "backends/engine/engine/sampling.h"

using namespace proctor;

namespace {

// Draws from fixed logits at many positions.
std::map<int32_t, int> draws(const std::vector<float>& logits, const Sampling& sampling, int n, uint64_t seed = 42) {
  std::vector<float> exps(logits.size());
  auto size = static_cast<int64_t>(logits.size());
  double sum = scalar_kernels().logit_stats(logits.data(), size, static_cast<float>(1 / sampling.temperature), exps.data()).sum;
  std::vector<int32_t> order;
  std::map<int32_t, int> counts;
  const Choice choice{logits.data(), exps.data(), size, sum, scalar_kernels().race};
  for (int i = 0; i < n; ++i) ++counts[draw_token(choice, sampling, seed, i, order)];
  return counts;
}

double chi_square(const std::map<int32_t, int>& counts, const std::vector<double>& probabilities, int n) {
  double sum = 0;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    double expected = probabilities[i] * n;
    auto found = counts.find(static_cast<int32_t>(i));
    double seen = found == counts.end() ? 0 : found->second;
    sum += (seen - expected) * (seen - expected) / expected;
  }
  return sum;
}

std::vector<double> softmax(const std::vector<float>& logits, double temperature) {
  double sum = 0;
  std::vector<double> p;
  for (float logit : logits) sum += std::exp(static_cast<double>(logit) / temperature);
  for (float logit : logits) p.push_back(std::exp(static_cast<double>(logit) / temperature) / sum);
  return p;
}

const std::vector<float> kLogits = {1.0f, 0.5f, 2.0f, -1.0f, 0.0f, 1.5f, 0.25f, -0.5f, 0.75f, 1.25f};

} // namespace

TEST_CASE("Philox gives its published vectors") {
  // Random123's kat_vectors, philox4x32 with 10 rounds.
  CHECK(philox({0, 0, 0, 0}, 0) == std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({~0u, ~0u, ~0u, ~0u}, ~uint64_t{0}) == std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
        std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("draws follow the softmax at any temperature: chi-square of 200,000 below its 0.1 % point") {
  for (double temperature : {0.6, 1.0, 1.7}) {
    Sampling sampling{.temperature = temperature, .top_p = 1, .stop = {}};
    CHECK(chi_square(draws(kLogits, sampling, 200'000), softmax(kLogits, temperature), 200'000) < 27.9); // 9 degrees of freedom
    sampling.min_p = 1e-9; // the same distribution through the candidates
    CHECK(chi_square(draws(kLogits, sampling, 200'000), softmax(kLogits, temperature), 200'000) < 27.9);
  }
}

TEST_CASE("cutting nothing changes no draw: the race and the candidates agree token by token") {
  Sampling all{.temperature = 1, .top_p = 1, .stop = {}}, cut = all;
  cut.min_p = 1e-9;
  CHECK(draws(kLogits, all, 5000) == draws(kLogits, cut, 5000));
}

TEST_CASE("the race is won by the token whose clock rings first, with every instruction set") {
  std::vector<float> rates(49'155); // not a multiple of what is looked at together
  for (size_t i = 0; i < rates.size(); ++i) rates[i] = std::exp(-static_cast<float>(i * 7919 % 4001) / 250);
  rates[17] = 0;
  rates[18] = NAN;
  for (int32_t size : {1, 3, 63, 64, 65, 49'155})
    for (int32_t position = 0; position < 50; ++position) {
      int32_t first = 0;
      double best = INFINITY;
      for (int32_t i = 0; i < size; ++i) {
        double time = -std::log(token_uniform(11, position, i)) / static_cast<double>(rates[static_cast<size_t>(i)]);
        if (time < best) best = time, first = i;
      }
      for (const Kernels* kernels : {&scalar_kernels(), &avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()})
        if (kernels->supported()) REQUIRE(kernels->race(rates.data(), size, 11, position) == first);
    }
  CHECK(scalar_kernels().race(rates.data() + 17, 2, 11, 0) == -1);
}

TEST_CASE("top-k, top-p and min-p keep what they should and nothing else") {
  auto kept = [&](Sampling sampling) {
    sampling.temperature = 1;
    std::vector<int32_t> ids;
    for (auto& [id, n] : draws(kLogits, sampling, 20'000)) ids.push_back(id);
    return ids;
  };
  // probabilities in order: 2: .269, 5: .163, 9: .127, 0: .099, 8: .077, 1: .060, 6: .047, 4: .036, 7: .022, 3: .013
  CHECK(kept({.top_p = 1, .top_k = 1, .stop = {}}) == std::vector<int32_t>{2});
  CHECK(kept({.top_p = 1, .top_k = 3, .stop = {}}) == std::vector<int32_t>{2, 5, 9});
  CHECK(kept({.top_p = 0.2, .stop = {}}) == std::vector<int32_t>{2});
  CHECK(kept({.top_p = 0.5, .stop = {}}) == std::vector<int32_t>{2, 5, 9});
  CHECK(kept({.top_p = 1, .min_p = 0.5, .stop = {}}) == std::vector<int32_t>{2, 5});
  CHECK(kept({.top_p = 0.5, .top_k = 2, .stop = {}}) == std::vector<int32_t>{2}); // of the two that top-k leaves, .62 is the first
  CHECK(kept({.top_p = 1e-9, .stop = {}}) == std::vector<int32_t>{2});
}

TEST_CASE("equal logits: greedy and the cuts take the lower id") {
  std::vector<float> equal(50, 1.0f);
  CHECK(draws(equal, {.temperature = 0, .stop = {}}, 1).begin()->first == 0);
  auto first_five = draws(equal, {.temperature = 1, .top_p = 1, .top_k = 5, .stop = {}}, 5000);
  CHECK(first_five.size() == 5);
  CHECK(first_five.rbegin()->first == 4);
}

TEST_CASE("a flat distribution over many tokens is cut at its exact mass") {
  std::vector<float> flat(40'000, 0.0f);
  auto counts = draws(flat, {.temperature = 1, .top_p = 0.25, .stop = {}}, 300);
  CHECK(counts.rbegin()->first < 10'001);
  CHECK(counts.rbegin()->first > 9'700);
}

TEST_CASE("infinite and missing logits draw something valid") {
  std::vector<float> some = kLogits;
  some[3] = -INFINITY;
  CHECK_FALSE(draws(some, {.temperature = 1, .top_p = 1, .stop = {}}, 2000).contains(3));
  std::vector<float> nan(10, NAN);
  for (auto& [id, n] : draws(nan, {.temperature = 1, .top_p = 0.9, .stop = {}}, 10)) CHECK((id >= 0 && id < 10));
  for (auto& [id, n] : draws(nan, {.temperature = 1, .top_p = 1, .stop = {}}, 10)) CHECK((id >= 0 && id < 10));
}

TEST_CASE("noise is a function of seed, position and token") {
  CHECK(token_uniform(1, 2, 3) == token_uniform(1, 2, 3));
  CHECK(token_uniform(1, 2, 3) != token_uniform(2, 2, 3));
  CHECK(token_uniform(1, 2, 3) != token_uniform(1, 3, 3));
  CHECK(token_uniform(1, 2, 3) != token_uniform(1, 2, 7));
  for (int i = 0; i < 10'000; ++i) {
    double u = token_uniform(5, 6, i);
    REQUIRE((u > 0 && u < 1));
  }
}
