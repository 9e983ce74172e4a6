// SPDX-License-Identifier: MIT
#include "backends/engine/engine/sampling.h"

#include <algorithm>
#include <cmath>

namespace proctor {
namespace {

int32_t largest(const float* values, int64_t n) {
  return static_cast<int32_t>(std::max_element(values, values + n) - values);
}

// Draws among all tokens: the same as the largest logit / T + noise.
int32_t race(const Choice& choice, uint64_t seed, int32_t position) {
  int32_t winner = choice.race(choice.exps, choice.size, seed, position);
  return winner < 0 ? largest(choice.logits, choice.size) : winner; // only where all logits are NaN
}

// The likeliest tokens in order: at least `wanted` of them, or with this share of the mass, or all.
class Likeliest {
 public:
  Likeliest(const Choice& choice, std::vector<int32_t>& order) : choice_(choice), order_(order) {}

  // Keeps the tokens above ever lower thresholds until enough(count, mass) holds.
  template <class Enough> void find(Enough enough) {
    for (float threshold : {1e-3f, 1e-6f, -1.0f}) {
      order_.clear();
      double mass = 0;
      for (int32_t i = 0; i < choice_.size; ++i)
        if (choice_.exps[i] > threshold) {
          order_.push_back(i);
          mass += static_cast<double>(choice_.exps[i]);
        }
      if (enough(order_.size(), mass)) break;
    }
    std::sort(order_.begin(), order_.end(), [&](int32_t a, int32_t b) {
      return choice_.logits[a] > choice_.logits[b] || (choice_.logits[a] == choice_.logits[b] && a < b);
    });
  }

  double mass() const {
    double sum = 0;
    for (int32_t i : order_) sum += static_cast<double>(choice_.exps[i]);
    return sum;
  }

  void keep_mass(double wanted) {
    double sum = 0;
    size_t n = 0;
    while (n < order_.size() && sum < wanted) sum += static_cast<double>(choice_.exps[order_[n++]]);
    order_.resize(std::max<size_t>(n, 1));
  }

 private:
  const Choice& choice_;
  std::vector<int32_t>& order_;
};

int32_t noisiest(const Choice& choice, const std::vector<int32_t>& tokens, double temperature, uint64_t seed,
                 int32_t position) {
  int32_t winner = tokens.front();
  double best = -INFINITY;
  for (int32_t token : tokens) {
    double score = static_cast<double>(choice.logits[token]) / temperature + token_noise(seed, position, token);
    if (score > best || (score == best && token < winner)) {
      best = score;
      winner = token;
    }
  }
  return winner;
}

} // namespace

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, uint64_t key) {
  auto k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t{0xD2511F53} * c[0], p1 = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

double token_uniform(uint64_t seed, int32_t position, int32_t token) {
  auto id = static_cast<uint32_t>(token);
  return (philox({id / 4, static_cast<uint32_t>(position), 0, 0}, seed)[id % 4] + 0.5) * 0x1p-32;
}

double token_noise(uint64_t seed, int32_t position, int32_t token) {
  return -std::log(-std::log(token_uniform(seed, position, token)));
}

int32_t draw_token(const Choice& choice, const Sampling& s, uint64_t seed, int32_t position,
                   std::vector<int32_t>& order) {
  if (s.temperature <= 0) return largest(choice.logits, choice.size);
  const bool cuts_k = s.top_k > 0 && s.top_k < choice.size, cuts_p = s.top_p < 1, cuts_min = s.min_p > 0;
  if (!cuts_k && !cuts_p && !cuts_min) return race(choice, seed, position);
  const auto k = static_cast<size_t>(s.top_k);
  Likeliest likeliest(choice, order);
  likeliest.find([&](size_t count, double mass) {
    if (cuts_k) return count >= k;
    return cuts_p ? mass >= s.top_p * choice.exp_sum : s.min_p > 1e-3;
  });
  if (order.empty()) return largest(choice.logits, choice.size);
  if (cuts_k) order.resize(std::min(order.size(), k));
  if (cuts_p) likeliest.keep_mass(s.top_p * (cuts_k ? likeliest.mass() : choice.exp_sum));
  const auto floor = static_cast<float>(s.min_p);
  while (order.size() > 1 && choice.exps[order.back()] < floor) order.pop_back();
  return noisiest(choice, order, s.temperature, seed, position);
}

} // namespace proctor
