// SPDX-License-Identifier: MIT
#pragma once

// The kernels of the CUDA device as functions that launch them. Plain types only: nvcc reads this, and so do the
// files that call it. Pointers are the device's; `stream` is the device's too (device.h).
//
// What is multiplied with a matrix is BF16, its rows padded with zeros to a multiple of 8 values (padded()); all other
// activations are F32. No sum depends on which rows a launch computes or how many: every row is the work of one warp
// or one block in one fixed order, and a context is cut into splits of 512 positions whatever the batch.

#include <cstddef>
#include <cstdint>

namespace proctor::cuda {

inline constexpr int kPagePositions = 64;
inline constexpr int kSplitPages = 8; // a split: 512 positions
inline constexpr int kSplitPositions = kSplitPages * kPagePositions;
inline constexpr int kTileRows = 16; // queries that a tile holds: of one key/value head, of neighbouring positions

inline constexpr int kMaxHeadDim = 256;

constexpr int64_t padded(int64_t cols) { return (cols + 7) / 8 * 8; }

enum class KvType { bf16, e4m3 };

// Pages of keys and values: [page][layer][kv head]{ keys (64, D), values (64, D) }, with e4m3 also { key scales (64),
// value scales (64) } as F32. Where tensor cores read BF16 pages (D = 64, 128), the 16-byte pieces of a row lie at
// piece ^ (position % 8), so that eight rows' equal pieces are in different banks.
struct KvLayout {
  KvType type = KvType::bf16;
  int head_dim = 0, kv_heads = 0, layers = 0;

  bool on_tensor_cores() const { return head_dim == 64 || head_dim == 128; }
  bool swizzled() const { return type == KvType::bf16 && on_tensor_cores(); }
  size_t value_bytes() const { return type == KvType::bf16 ? 2 : 1; }
  size_t rows_bytes() const { return static_cast<size_t>(head_dim) * kPagePositions * value_bytes(); } // keys alone
  size_t head_bytes() const {
    size_t scales = type == KvType::e4m3 ? 2 * kPagePositions * sizeof(float) : 0;
    return (2 * rows_bytes() + scales + 15) / 16 * 16;
  }
  size_t layer_bytes() const { return head_bytes() * static_cast<size_t>(kv_heads); }
  size_t page_bytes() const { return layer_bytes() * static_cast<size_t>(layers); }
};

// One layer's pages, for a launch.
struct KvView {
  uint8_t* pages = nullptr; // of this layer: page p's heads begin at pages + p * page_bytes
  size_t page_bytes = 0, head_bytes = 0, rows_bytes = 0;
  int head_dim = 0, kv_heads = 0;
  KvType type = KvType::bf16;
  bool swizzled = false;
};

inline KvView view_of(const KvLayout& layout, uint8_t* pages, int layer) {
  return {pages + static_cast<size_t>(layer) * layout.layer_bytes(), layout.page_bytes(), layout.head_bytes(),
          layout.rows_bytes(), layout.head_dim, layout.kv_heads, layout.type, layout.swizzled()};
}

// The rows of a step.
struct RowsView {
  int n = 0;
  const int32_t* tokens = nullptr;      // (n)
  const int32_t* positions = nullptr;   // (n); below 0: a row without context, which writes no page and attends to nothing
  const int32_t* table_begins = nullptr; // (n): where a row's sequence begins in `tables`
  const int32_t* tables = nullptr;      // the sequences' pages
};

// One split of one tile: rows [row, row + n_rows) of one sequence, positions from 512 * split on.
struct AttentionItem {
  int32_t row = 0, n_rows = 0, split = 0, unused = 0;
};

struct AttentionView {
  RowsView rows;
  KvView kv;
  int heads = 0;
  float scale = 1;
  int64_t most_items = 0;             // for the size of the grid
  const int32_t* n_items = nullptr;   // (1): so many there are
  const AttentionItem* items = nullptr;
  const int32_t* partial_begins = nullptr; // (rows + 1): a row's first partial result; it has one for each split
  const uint16_t* queries = nullptr;       // (rows, padded(heads * D)) BF16
  float* partial_sums = nullptr;           // (partials, heads, D)
  float* partial_stats = nullptr;          // (partials, heads, 2): maximum, sum of the weights
  uint16_t* out = nullptr;                 // (rows, padded(heads * D)) BF16
};

// What to draw from one row of logits. A position below 0: nothing.
struct SampleTask {
  uint64_t seed = 0;
  double temperature = 0, top_p = 1, min_p = 0;
  int32_t top_k = 0, position = 0;
};

struct DrawnToken {
  int32_t token = 0;
  float logprob = 0;
};

// Of a token below 0 the row takes token ~t of `drawn`; where that is one of the ends, its sequence is over and the row
// becomes one that has no context.
struct EmbedView {
  int n_rows = 0, cols = 0;
  const int32_t* tokens = nullptr;    // (n_rows)
  int32_t* positions = nullptr;       // (n_rows)
  const DrawnToken* drawn = nullptr;  // of the step before
  int n_ends = 0;
  const int32_t* ends = nullptr;      // (n_ends)
  const uint16_t* table = nullptr;    // (vocabulary, padded(cols))
  float* x = nullptr;                 // (n_rows, cols)
};
void launch_embed(const EmbedView& view, void* stream);

// x[from] += delta[from] where there is a delta; out[r] = x[from] / rms * gain, with from = gather[r], or r without.
struct NormView {
  int n_rows = 0, cols = 0;
  float eps = 0;
  float* x = nullptr;
  const float* delta = nullptr;
  const float* gain = nullptr;
  const int32_t* gather = nullptr;
  uint16_t* out = nullptr; // (n_rows, padded(cols))
};
void launch_norm(const NormView& view, void* stream);

// Normalises heads (where there is a gain), rotates queries and keys, rounds queries, writes keys and values to pages.
struct RopeView {
  RowsView rows;
  KvView kv;
  int heads = 0;
  float eps = 0;
  const float* qkv = nullptr;       // (rows, (heads + 2 kv_heads) * D)
  const float* q_gain = nullptr;    // (D) or null
  const float* k_gain = nullptr;    // (D) or null
  const float* rotations = nullptr; // (positions, D): cosines, then sines
  uint16_t* queries = nullptr;      // (rows, padded(heads * D))
};
void launch_rope_append(const RopeView& view, void* stream);

// multiprocessors: of the device; how many blocks share the items. The results do not depend on it.
void launch_attention(const AttentionView& view, int multiprocessors, void* stream);

void launch_swiglu(const float* gate_up, int n_rows, int ffn, uint16_t* out, void* stream);

// logits (n_rows, stride), of which the first n_drawn may be drawn.
void launch_sample(const float* logits, int n_rows, int64_t stride, int n_drawn, const SampleTask* tasks,
                   DrawnToken* drawn, void* stream);

} // namespace proctor::cuda
