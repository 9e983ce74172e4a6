// SPDX-License-Identifier: MIT
// Draws the next tokens: a block for each row of logits, with the noise and the rules of engine/sampling.h.
//
// Tokens are ordered by logit, then by id; what top_k, top_p and min_p leave is always a beginning of that order, so
// each of them is a limit on one 64-bit key. The limit is found by bisection: how many tokens, and how much of the
// probability, have larger keys. Mostly that looks at a few hundred candidates in shared memory, those at least a
// millionth as likely as the likeliest; where they are too many or too few, at the whole row, until the limit can only
// be among a few thousand.
#include "backends/engine/cuda/numbers.cuh"

namespace proctor::cuda {
namespace {

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / simt::kWarp;
constexpr int kCandidates = 4096;
constexpr float kCandidate = 1e-6f;

struct Winner {
  double score; // the larger wins, then the lower id
  int32_t token;
};

struct SampleShared {
  int32_t ids[kCandidates];
  float logits[kCandidates];
  int32_t counts[kThreads];
  double sums[kWarps], more_sums[kWarps];
  Winner winners[kWarps];
};

// ---- over the whole block; every thread gets the result

struct Sums {
  double count, mass;
};

__device__ Sums block_sum(Sums value, SampleShared& shared) {
  value = {warp_sum(value.count), warp_sum(value.mass)};
  if (simt::thread_index() % simt::kWarp == 0) {
    shared.sums[simt::thread_index() / simt::kWarp] = value.count;
    shared.more_sums[simt::thread_index() / simt::kWarp] = value.mass;
  }
  simt::block_barrier();
  value = {0, 0};
  for (int w = 0; w < kWarps; ++w) {
    value.count += shared.sums[w];
    value.mass += shared.more_sums[w];
  }
  simt::block_barrier();
  return value;
}

__device__ Winner better(const Winner& a, const Winner& b) {
  return a.score > b.score || (a.score == b.score && a.token < b.token) ? a : b;
}

__device__ Winner block_best(Winner mine, SampleShared& shared) {
  for (int mask = simt::kWarp / 2; mask > 0; mask /= 2)
    mine = better(mine, {simt::shuffle_xor(mine.score, mask), simt::shuffle_xor(mine.token, mask)});
  if (simt::thread_index() % simt::kWarp == 0) shared.winners[simt::thread_index() / simt::kWarp] = mine;
  simt::block_barrier();
  mine = shared.winners[0];
  for (const Winner& other : shared.winners) mine = better(other, mine);
  simt::block_barrier();
  return mine;
}

// ---- chance (Philox4x32-10, as in engine/sampling.cpp)

struct Words {
  uint32_t word[4];
};

__device__ Words philox(uint32_t c0, uint32_t c1, uint64_t key) {
  uint32_t c2 = 0, c3 = 0;
  auto k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c0, p1 = uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

__device__ double uniform(uint32_t word) { return (word + 0.5) * 0x1p-32; }

// ---- one row

struct Row {
  const float* logits;
  int n;
  float largest, inverse_temperature;

  __device__ float rate(float logit) const { return exponential((logit - largest) * inverse_temperature); }
};

// The place of a token in the order: the larger key comes first.
__device__ uint64_t key_of(float logit, int32_t id) {
  uint32_t bits = simt::as_bits(logit + 0.0f); // no -0
  bits ^= (bits >> 31) != 0 ? 0xffffffffu : 0x80000000u;
  return uint64_t{bits} << 32 | (0xffffffffu - static_cast<uint32_t>(id));
}

// Those among whom the limits are looked for: a list in shared memory, or the whole row.
struct Field {
  const Row& row;
  const SampleShared& shared;
  int n_listed; // 0: the whole row

  template <class Fn> __device__ void each(Fn fn) const {
    if (n_listed > 0)
      for (int i = simt::thread_index(); i < n_listed; i += kThreads) fn(shared.logits[i], shared.ids[i]);
    else
      for (int i = simt::thread_index(); i < row.n; i += kThreads) fn(row.logits[i], i);
  }
};

__device__ Sums above(const Field& field, uint64_t key, SampleShared& shared) {
  Sums sums{0, 0};
  field.each([&](float logit, int32_t id) {
    if (key_of(logit, id) < key) return;
    sums.count += 1;
    sums.mass += static_cast<double>(field.row.rate(logit));
  });
  return block_sum(sums, shared);
}

// Lists the tokens of the row that are `in`, in an order that is always the same. mine: how many of them this thread sees.
// 0: there are none, or too many.
template <class In> __device__ int list_tokens(const Row& row, int mine, SampleShared& shared, In in) {
  shared.counts[simt::thread_index()] = mine;
  simt::block_barrier();
  int begin = 0, total = 0;
  for (int t = 0; t < kThreads; ++t) {
    if (t < simt::thread_index()) begin += shared.counts[t];
    total += shared.counts[t];
  }
  if (total > kCandidates) return 0;
  for (int i = simt::thread_index(); i < row.n; i += kThreads)
    if (in(row.logits[i], i)) {
      shared.ids[begin] = i;
      shared.logits[begin++] = row.logits[i];
    }
  simt::block_barrier();
  return total;
}

// The largest key at and above which there is enough; 0 where there never is. Of a whole row those among whom it must be
// are listed as soon as they are few.
template <class Enough> __device__ uint64_t limit_key(const Field& whole, SampleShared& shared, Enough enough) {
  uint64_t key = 0, end = ~uint64_t{0}; // it is at key or above, and below end
  Field field = whole;
  Sums above_end{0, 0}, listed_above{0, 0}; // listed_above: at and above what is listed
  double at_key = above(field, 0, shared).count; // tokens >= key
  for (int bit = 63; bit >= 0 && at_key - above_end.count > 1; --bit) {
    if (field.n_listed == 0 && at_key - above_end.count <= kCandidates) {
      const auto in = [&](float logit, int32_t id) { return key_of(logit, id) >= key && key_of(logit, id) < end; };
      int mine = 0;
      field.each([&](float logit, int32_t id) { mine += in(logit, id); });
      field.n_listed = list_tokens(whole.row, mine, shared, in);
      listed_above = above_end;
    }
    Sums sums = above(field, key | uint64_t{1} << bit, shared);
    sums.count += listed_above.count;
    sums.mass += listed_above.mass;
    if (enough(sums)) {
      key |= uint64_t{1} << bit;
      at_key = sums.count;
    } else {
      above_end = sums;
      end = key | uint64_t{1} << bit;
    }
  }
  return key;
}

// The token whose exponential clock rings first: among all, as likely as their rates say.
__device__ int32_t race(const Row& row, const SampleTask& task, SampleShared& shared) {
  Winner best{-INFINITY, INT32_MAX}; // score: minus the time
  for (int first = simt::thread_index() * 4; first < row.n; first += kThreads * 4) {
    const Words words = philox(static_cast<uint32_t>(first / 4), static_cast<uint32_t>(task.position), task.seed);
    for (int i = 0; i < 4 && first + i < row.n; ++i) {
      const double rate = static_cast<double>(row.rate(row.logits[first + i])), u = uniform(words.word[i]);
      if (1 - u >= -best.score * rate) continue; // -log(u) >= 1 - u
      const double time = -log(u) / rate;
      if (time < -best.score) best = {-time, first + i};
    }
  }
  return block_best(best, shared).token;
}

__device__ int32_t noisiest(const Field& field, uint64_t limit, const SampleTask& task, SampleShared& shared) {
  const auto floor = static_cast<float>(task.min_p);
  Winner best{-INFINITY, INT32_MAX};
  field.each([&](float logit, int32_t id) {
    if (key_of(logit, id) < limit || (field.row.rate(logit) < floor && logit < field.row.largest)) return;
    const Words words = philox(static_cast<uint32_t>(id) / 4, static_cast<uint32_t>(task.position), task.seed);
    const double noise = -log(-log(uniform(words.word[id % 4])));
    best = better({static_cast<double>(logit) / task.temperature + noise, id}, best);
  });
  return block_best(best, shared).token;
}

__device__ int32_t draw(const Row& row, const SampleTask& task, double total, int n_candidates, double listed_mass,
                        int mine, SampleShared& shared) {
  const bool cuts_k = task.top_k > 0 && task.top_k < row.n, cuts_p = task.top_p < 1, cuts_min = task.min_p > 0;
  if (!cuts_k && !cuts_p && !cuts_min) return race(row, task, shared);
  const bool enough = cuts_k   ? n_candidates >= task.top_k
                      : cuts_p ? listed_mass >= task.top_p * total
                               : task.min_p > static_cast<double>(kCandidate);
  const auto likely = [&](float logit, int32_t) { return row.rate(logit) > kCandidate; };
  const Field field{row, shared, enough ? list_tokens(row, mine, shared, likely) : 0};
  uint64_t limit = 0;
  double mass = total;
  if (cuts_k) {
    limit = limit_key(field, shared, [&](const Sums& sums) { return sums.count >= task.top_k; });
    mass = above(field, limit, shared).mass;
  }
  if (cuts_p) {
    const double wanted = task.top_p * mass;
    const uint64_t at = limit_key(field, shared, [&](const Sums& s) { return s.mass >= wanted && s.count >= 1; });
    limit = at > limit ? at : limit;
  }
  return noisiest(field, limit, task, shared);
}

__global__ void __launch_bounds__(kThreads)
    sample(const float* all_logits, int64_t stride, int n_drawn, const SampleTask* tasks, DrawnToken* drawn) {
  auto& shared = simt::shared_memory<SampleShared>();
  const int row_index = simt::block_index(), thread = simt::thread_index();
  const SampleTask task = tasks[row_index];
  if (task.position < 0) return;
  Row row{all_logits + row_index * stride, n_drawn, -3.4e38f, 0};
  Winner greedy{-INFINITY, INT32_MAX};
  for (int i = thread; i < row.n; i += kThreads) greedy = better(greedy, {static_cast<double>(row.logits[i]), i});
  greedy = block_best(greedy, shared);
  row.largest = static_cast<float>(greedy.score);
  if (task.temperature > 0) row.inverse_temperature = static_cast<float>(fmin(1 / task.temperature, 1e30));
  Sums plain{0, 0}, scaled{0, 0}, listed{0, 0};
  for (int i = thread; i < row.n; i += kThreads) {
    plain.mass += static_cast<double>(exponential(row.logits[i] - row.largest));
    plain.count += row.logits[i] - row.logits[i] != 0; // of those that are not finite
    if (task.temperature <= 0) continue;
    const float rate = row.rate(row.logits[i]);
    scaled.mass += static_cast<double>(rate);
    if (rate > kCandidate) {
      listed.count += 1;
      listed.mass += static_cast<double>(rate);
    }
  }
  plain = block_sum(plain, shared);
  int32_t token = greedy.token;
  if (task.temperature > 0) {
    const auto mine = static_cast<int>(listed.count);
    scaled = block_sum(scaled, shared);
    listed = block_sum(listed, shared);
    token = draw(row, task, scaled.mass, static_cast<int>(listed.count), listed.mass, mine, shared);
  }
  if (token == INT32_MAX) token = 0; // all logits are NaN
  const float logprob = row.logits[token] - row.largest - static_cast<float>(log(plain.mass));
  if (thread == 0) drawn[row_index] = {token, plain.count > 0 ? NAN : logprob};
}

} // namespace

void launch_sample(const float* logits, int n_rows, int64_t stride, int n_drawn, const SampleTask* tasks,
                   DrawnToken* drawn, void* stream) {
  simt::launch(sample, "sample", {n_rows, kThreads, sizeof(SampleShared)}, stream, logits, stride, n_drawn, tasks, drawn);
}

} // namespace proctor::cuda
