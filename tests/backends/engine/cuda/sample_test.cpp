// SPDX-License-Identifier: MIT
// The sampling kernel draws what the CPU draws: the same noise, the same candidates, the same token.
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>

#include "backends/engine/cpu/kernels.h"
#include "backends/engine/cuda/kernels.h"
#include "backends/engine/engine/sampling.h"
#include "backends/engine/model/ops.h"
#include "tests/backends/engine/cuda/simt.cuh"

using namespace proctor;

namespace {

std::vector<float> some_logits(int n, uint32_t seed, float spread) {
  std::vector<float> logits;
  uint32_t state = seed * 2654435761u + 1;
  for (int i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;
    const float uniform = static_cast<float>(state >> 8) * 0x1p-24f;
    logits.push_back(spread * uniform * uniform * uniform * (i % 7 == 0 ? 1.0f : 0.6f));
  }
  return logits;
}

Drawn cpu_draw(const std::vector<float>& logits, const Sampling& sampling, uint64_t seed, int32_t position) {
  const Kernels& kernels = scalar_kernels();
  const auto n = static_cast<int64_t>(logits.size());
  std::vector<float> exps(logits.size());
  std::vector<int32_t> order;
  Choice choice{logits.data(), exps.data(), n, 0, kernels.race};
  if (sampling.temperature > 0)
    choice.exp_sum = kernels.logit_stats(logits.data(), n, static_cast<float>(1 / sampling.temperature), exps.data()).sum;
  const int32_t token = draw_token(choice, sampling, seed, position, order);
  const LogitStats plain = kernels.logit_stats(logits.data(), n, 1, nullptr);
  return {token, logits[static_cast<size_t>(token)] - plain.max - static_cast<float>(std::log(plain.sum))};
}

struct Row {
  std::vector<float> logits;
  Sampling sampling;
  uint64_t seed;
  int32_t position;
};

std::vector<cuda::DrawnToken> gpu_draw(const std::vector<Row>& rows) {
  std::vector<float> logits;
  std::vector<cuda::SampleTask> tasks;
  for (const Row& row : rows) {
    logits.insert(logits.end(), row.logits.begin(), row.logits.end());
    logits.insert(logits.end(), 5, 1e9f); // padding that must not be drawn
    const Sampling& s = row.sampling;
    tasks.push_back({row.seed, s.temperature, s.top_p, s.min_p, s.top_k, row.position});
  }
  std::vector<cuda::DrawnToken> drawn(rows.size());
  const auto n = static_cast<int>(rows[0].logits.size());
  cuda::launch_sample(logits.data(), static_cast<int>(rows.size()), n + 5, n, tasks.data(), drawn.data(), nullptr);
  return drawn;
}

const Sampling kSamplings[] = {
    {.temperature = 0, .stop = {}},
    {.temperature = 1, .top_p = 1, .stop = {}},
    {.temperature = 0.6, .top_p = 0.95, .stop = {}},
    {.temperature = 1, .top_p = 0.5, .stop = {}},
    {.temperature = 1.5, .top_p = 1, .top_k = 1, .stop = {}},
    {.temperature = 1, .top_p = 1, .top_k = 20, .stop = {}},
    {.temperature = 0.8, .top_p = 0.9, .top_k = 40, .min_p = 0.05, .stop = {}},
    {.temperature = 1, .top_p = 1, .min_p = 0.1, .stop = {}},
    {.temperature = 3, .top_p = 0.999, .stop = {}},
};

} // namespace

TEST_CASE("the kernel draws the CPU's token, with its log-probability, under every rule") {
  for (auto schedule : {simt::Schedule::forward, simt::Schedule::backward}) {
    simt::set_schedule(schedule);
    for (int n : {3, 96, 515, 5000}) {
      std::vector<Row> rows;
      for (const Sampling& sampling : kSamplings)
        for (uint64_t seed = 1; seed <= (n > 1000 ? 2 : 6); ++seed)
          rows.push_back({some_logits(n, static_cast<uint32_t>(seed) + 9, seed % 2 == 0 ? 25.0f : 2.0f), sampling, seed * 0x9E3779B97F4A7C15u,
                          static_cast<int32_t>(seed * 31)});
      const auto drawn = gpu_draw(rows);
      for (size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(n);
        CAPTURE(i);
        const Drawn expected = cpu_draw(rows[i].logits, rows[i].sampling, rows[i].seed, rows[i].position);
        CHECK(drawn[i].token == expected.token);
        CHECK(drawn[i].logprob == doctest::Approx(expected.logprob).epsilon(1e-5));
      }
    }
  }
  simt::set_schedule(simt::Schedule::forward);
}

TEST_CASE("a row with a logit that is not finite has no log-probability") {
  for (float value : {NAN, INFINITY, -INFINITY}) {
    Row row{some_logits(515, 3, 2), kSamplings[2], 7, 5};
    row.logits[400] = value;
    CHECK(std::isnan(gpu_draw({row})[0].logprob));
  }
}

TEST_CASE("flat distributions, whose candidates are more than shared memory holds, are drawn from alike") {
  std::vector<Row> rows;
  for (const Sampling& sampling : {Sampling{.temperature = 1, .top_p = 0.5, .stop = {}}, Sampling{.temperature = 2, .top_p = 0.99, .stop = {}},
                                   Sampling{.temperature = 1, .top_p = 1, .top_k = 9000, .stop = {}},
                                   Sampling{.temperature = 1, .top_p = 0.8, .top_k = 9000, .min_p = 1e-7, .stop = {}}})
    for (uint64_t seed : {3, 8}) rows.push_back({some_logits(20000, static_cast<uint32_t>(seed), 2), sampling, seed, 77});
  const auto drawn = gpu_draw(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    CHECK(drawn[i].token == cpu_draw(rows[i].logits, rows[i].sampling, rows[i].seed, rows[i].position).token);
  }
}

TEST_CASE("equal logits: the lower ids come first, and ties at a limit are cut by id") {
  std::vector<float> logits(600, 1.0f);
  for (int k : {1, 2, 7, 300}) {
    CAPTURE(k);
    for (uint64_t seed = 1; seed < 12; ++seed) {
      const Sampling sampling{.temperature = 1, .top_p = 1, .top_k = k, .stop = {}};
      const auto drawn = gpu_draw({{logits, sampling, seed, 5}});
      CHECK(drawn[0].token < k);
      CHECK(drawn[0].token == cpu_draw(logits, sampling, seed, 5).token);
    }
  }
  CHECK(gpu_draw({{logits, {.temperature = 0, .stop = {}}, 1, 1}})[0].token == 0);
}

TEST_CASE("a row is drawn alike whatever rows are drawn beside it") {
  std::vector<Row> rows;
  for (uint64_t i = 0; i < 9; ++i)
    rows.push_back({some_logits(700, static_cast<uint32_t>(i), 20), kSamplings[i], i, static_cast<int32_t>(i)});
  const auto together = gpu_draw(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto alone = gpu_draw({rows[i]});
    CHECK(std::memcmp(&alone[0], &together[i], sizeof alone[0]) == 0);
  }
}

TEST_CASE("infinite and missing logits draw something valid") {
  for (float odd : {INFINITY, -INFINITY, NAN})
    for (bool everywhere : {false, true})
      for (const Sampling& sampling : kSamplings) {
        std::vector<float> logits = some_logits(70, 3, 5);
        for (size_t i = everywhere ? 0 : 68; i < logits.size(); ++i) logits[i] = odd;
        const int32_t token = gpu_draw({{logits, sampling, 1, 1}})[0].token;
        CHECK((token >= 0 && token < 70));
      }
}
