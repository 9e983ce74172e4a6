// SPDX-License-Identifier: MIT
#pragma once

// Chance and choice of the next token. The noise of a token is a function of (seed, position, token id) alone, so a
// sample does not depend on what else is generated, in which order, or on which device.

#include <array>
#include <cstdint>
#include <vector>

#include "harness/sampling.h"

namespace proctor {

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011).
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, uint64_t key);

// Uniform in (0, 1): word token % 4 of philox({token / 4, position, 0, 0}, seed), plus one half, over 2^32.
double token_uniform(uint64_t seed, int32_t position, int32_t token);

// -log(-log(u)): argmax of logit / temperature + noise is a draw from the softmax (Gumbel-max).
double token_noise(uint64_t seed, int32_t position, int32_t token);

// One row of logits to choose from.
struct Choice {
  const float* logits = nullptr;
  const float* exps = nullptr; // exp((logit - max) / temperature); not used when greedy
  int64_t size = 0;
  double exp_sum = 0; // of exps
  int32_t (*race)(const float* rates, int64_t n, uint64_t seed, int32_t position) = nullptr; // Kernels::race
};

// The drawn token. Temperature 0: the largest logit. Otherwise, in this order as transformers has it (vLLM cuts by min_p
// first): only the top_k likeliest, of these the shortest run that holds top_p of their probability, of these those at least
// min_p times as likely as the likeliest. Equal logits: the lower id first. `order` is scratch.
int32_t draw_token(const Choice& choice, const Sampling& sampling, uint64_t seed, int32_t position,
                   std::vector<int32_t>& order);

} // namespace proctor
