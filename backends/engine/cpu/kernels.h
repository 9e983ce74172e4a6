// SPDX-License-Identifier: MIT
#pragma once

// The inner loops of the CPU device, one table for each instruction set. All tables are made from one source
// (kernels.inl) over 16 lanes (lanes_*.inl) and give the same bits: sums run over k in order within a lane, across
// lanes in one fixed tree, with fused multiply-adds everywhere. So a sample does not depend on the machine's
// instruction set either, and the scalar table is the oracle of the others.
//
// BF16 matrices multiply rows that are rounded to BF16, in pairs of k, the odd one first, each a fused multiply-add in
// F32: what VDPBF16PS does (Intel SDM volume 2C; products of BF16 are exact in F32). Like it, they take subnormal
// numbers as zero.
//
// Only plain types here: the files that include this are compiled for processors that others may not have.

#include <cstddef>
#include <cstdint>

namespace proctor {

inline constexpr int kLanes = 16;      // output rows that are computed side by side
inline constexpr int kQuantBlock = 32; // values of an activation that share a scale

// How packed weights are stored (packed.h).
enum class Codes { f32, f16, bf16, four_bit, eight_bit };

// A matrix in the order in which the kernels read it: groups of 16 rows, each group contiguous.
//   floats:    [group][k][16 rows], bf16 as [group][k / 2][16 rows][2]
//   quantised: [group][k / 32] of { codes, scales, mins }
//     eight_bit codes: [k / 4][16 rows][4], 512 bytes; four_bit: chunk j of 4 holds [16 rows][4] of k = 4j in the low
//     and of k = 4j + 16 in the high halves, 256 bytes; scales and mins: [16 rows] for every `scale_group` values
struct PackedView {
  Codes codes;
  bool half_scales; // scales and mins are F16, else F32
  bool has_min;
  int scale_group; // 32 or 16
  int zero;        // code that stands for `min`
  int64_t rows;
  int64_t cols;
  size_t group_bytes;
  const uint8_t* data;
  const float* bias; // (rows rounded up to 16) or null
};

// Rows that are multiplied with a matrix. A quantised matrix takes them as int8, packed by Kernels::quantise in tiles
// of as many rows as the instruction set multiplies at once; the layout is its own (ActivationTile in kernels.inl). A
// BF16 matrix takes them rounded, as Kernels::pair_up lays them out.
struct ActivationView {
  int64_t rows;
  int64_t cols;
  const float* values; // (rows, stride)
  int64_t stride;
  const uint8_t* packed; // rows * cols / 32 * packed_bytes; null where the matrix is not quantised
  const uint8_t* pairs;  // rows * ((cols + 1) / 2) * pair_bytes; null where the matrix is not BF16
};

// One query row against one kv head's pages. A page holds 64 positions: keys transposed (head_dim, 64), then values
// (64, value_stride), both in the pool's type.
struct AttentionTask {
  const float* query; // (n_query, head_dim), contiguous: the heads that share this kv head
  int n_query;
  int head_dim;
  int value_stride; // head_dim rounded up to 16
  float scale;
  const uint8_t* const* pages; // of this layer and kv head
  int64_t context;             // positions to look at, from 0
  bool bf16;                   // type of the pool; else f32
  float* out;                  // (n_query, head_dim)
  float* scratch;              // n_query * (64 + value_stride) floats
};

struct LogitStats {
  float max;
  double sum;  // of exp((logit - max) * inverse_temperature)
  bool finite; // all logits are
};

struct Kernels {
  const char* name; // "avx512bf16", "avx512", "avx2", "scalar"
  bool (*supported)();

  int packed_bytes; // of one row's block of 32 values
  int pair_bytes;   // of two values of one row, rounded to BF16

  // Packs rows [begin, end) of all `in.rows` as int8 in blocks of 32: value = code * scale, to nearest even.
  void (*quantise)(const ActivationView& in, int64_t begin, int64_t end, uint8_t* packed);

  // Rounds rows [begin, end) of all `in.rows` to BF16, to nearest even.
  void (*pair_up)(const ActivationView& in, int64_t begin, int64_t end, uint8_t* pairs);

  // out[m][r] = row r of the matrix * activation m + bias[r], for the row groups [group_begin, group_end).
  void (*multiply)(const PackedView& weights, const ActivationView& in, int64_t group_begin, int64_t group_end,
                   float* out, int64_t out_stride);

  // x += delta (may be null); out = x / rms(x) * gain. One row.
  void (*rms_norm)(float* x, const float* delta, const float* gain, int64_t cols, float eps, float* out);

  // Turns the pairs (head[i], head[half + i]) by the angles whose cosines and sines are given.
  void (*rotate)(float* head, const float* cosines, const float* sines, int64_t half);

  // out = silu(gate) * up; gate and up are the halves of one row.
  void (*swiglu)(const float* gate_up, int64_t size, float* out);

  void (*attend)(const AttentionTask& task);

  // exps (n, may be null) becomes exp((logit - max) * inverse_temperature).
  LogitStats (*logit_stats)(const float* logits, int64_t n, float inverse_temperature, float* exps);

  // A draw among n tokens, each as likely as its rate says: the one whose exponential clock rings first, by the noise
  // of sampling.h. -1 where there is none, since all rates are 0 or NaN.
  int32_t (*race)(const float* rates, int64_t n, uint64_t seed, int32_t position);
};

const Kernels& scalar_kernels();
const Kernels& avx2_kernels();   // AVX2, FMA, F16C
const Kernels& avx512_kernels(); // AVX-512 F, BW, VL, DQ, VNNI
const Kernels& avx512bf16_kernels(); // the same and BF16

// The best that this processor has. PROCTOR_CPU=scalar|avx2|avx512|avx512bf16 in the environment asks for less.
const Kernels& best_kernels();

// False: PROCTOR_CPU names none of them.
bool wishes_known_kernels();

} // namespace proctor
