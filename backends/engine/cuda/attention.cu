// SPDX-License-Identifier: MIT
// Attention over paged keys and values, for decoding and prompts alike: what decides the speed of long answers.
//
// The work is cut into items: a tile of queries (the heads that share one key/value head, of one or more neighbouring
// positions of a sequence, at most 16) and a split of 512 positions. A block takes an item. Of each page its four
// warps take 16 positions each and go through the split's pages by themselves, with a softmax of their own (arXiv
// 1805.02867), their keys and values arriving in shared memory two rounds ahead. At the end the four are merged in
// order, and a second kernel merges the splits in order. What a query gets therefore depends on nothing but its own
// context: a position that it may not see counts as zero, exactly.
// How many items there are is read from memory: one captured grid serves contexts of any length, and blocks that find no
// item leave.
#include "backends/engine/cuda/numbers.cuh"

namespace proctor::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / simt::kWarp;
constexpr int kChunk = kPagePositions / kWarps; // positions of a page that are one warp's
constexpr int kStages = 3;
constexpr float kMasked = -1e30f;
static_assert(kChunk == 16 && kTileRows == 16, "the fragments of multiply_16x8x16");

// ---- what both kernels share

struct Tile {
  AttentionItem item;
  int kv_head, first_head, n_heads; // query heads first_head ... of this tile
  int last;                         // the largest position of its rows
};

// Tiles of one item: one for every 16 query heads of a key/value head.
__device__ int head_blocks(const AttentionView& view) {
  const int group = view.heads / view.kv.kv_heads;
  return (group + kTileRows - 1) / kTileRows;
}

__device__ Tile tile_of(const AttentionView& view, int64_t index) {
  const int group = view.heads / view.kv.kv_heads, blocks = head_blocks(view);
  const int part = static_cast<int>(index % (view.kv.kv_heads * blocks));
  Tile tile;
  tile.item = view.items[index / (view.kv.kv_heads * blocks)];
  tile.kv_head = part / blocks;
  tile.first_head = tile.kv_head * group + part % blocks * kTileRows;
  tile.n_heads = lesser(kTileRows, (tile.kv_head + 1) * group - tile.first_head);
  tile.last = view.rows.positions[tile.item.row + tile.item.n_rows - 1];
  return tile;
}

__device__ int32_t page_of(const AttentionView& view, const Tile& tile, int page) {
  return view.rows.tables[view.rows.table_begins[tile.item.row] + tile.item.split * kSplitPages + page];
}

// Query r of a tile: which row of the step and which head; row -1: none.
struct Query {
  int row, head;
};
__device__ Query query_of(const Tile& tile, int r) {
  const int row = r / tile.n_heads;
  if (row >= tile.item.n_rows) return {-1, 0};
  return {tile.item.row + row, tile.first_head + r % tile.n_heads};
}

// ---- tensor cores

template <int D, KvType kType> struct Staged {
  static constexpr int kRowBytes = D * (kType == KvType::bf16 ? 2 : 1);
  alignas(16) unsigned char keys[kChunk * kRowBytes];
  alignas(16) unsigned char values[kChunk * kRowBytes];
  alignas(16) float key_scales[kType == KvType::bf16 ? 4 : kChunk];
  alignas(16) float value_scales[kType == KvType::bf16 ? 4 : kChunk];
};

// e4m3 as BF16, on its way to the tensor cores.
template <int D, KvType kType> struct Widened {
  alignas(16) unsigned char keys[kChunk * D * 2];
  alignas(16) unsigned char values[kChunk * D * 2];
};
template <int D> struct Widened<D, KvType::bf16> {};

// A warp's own part of shared memory. What it read in is overwritten by its results.
template <int D, KvType kType> struct WarpShared {
  struct Incoming {
    Staged<D, kType> stages[kStages];
    Widened<D, kType> widened;
  };
  struct Results {
    float sums[kTileRows][D];
    float maxima[kTileRows], weights[kTileRows];
  };
  static constexpr size_t kBytes = sizeof(Incoming) > sizeof(Results) ? sizeof(Incoming) : sizeof(Results);
  alignas(128) unsigned char bytes[(kBytes + 127) / 128 * 128];

  __device__ Incoming& incoming() { return *reinterpret_cast<Incoming*>(bytes); }
  __device__ Results& results() { return *reinterpret_cast<Results*>(bytes); }
};

template <int D, KvType kType> struct BlockShared {
  WarpShared<D, kType> warps[kWarps];
};

// Sets out for 16 positions of one page.
template <int D, KvType kType>
__device__ void fetch(const AttentionView& view, const Tile& tile, int page, Staged<D, kType>& to) {
  const int lane = simt::thread_index() % simt::kWarp, warp = simt::thread_index() / simt::kWarp;
  constexpr int kBytes = kChunk * Staged<D, kType>::kRowBytes;
  uint8_t* head = head_of(view.kv, page_of(view, tile, page), tile.kv_head);
  const uint8_t* keys = head + warp * kBytes;
  for (int at = lane * 16; at < kBytes; at += simt::kWarp * 16) {
    simt::copy_async(to.keys + at, keys + at);
    simt::copy_async(to.values + at, keys + view.kv.rows_bytes + at);
  }
  if constexpr (kType == KvType::e4m3) {
    const float* scales = scales_of(view.kv, head) + warp * kChunk;
    if (lane < kChunk / 4) {
      simt::copy_async(to.key_scales + 4 * lane, scales + 4 * lane);
      simt::copy_async(to.value_scales + 4 * lane, scales + kPagePositions + 4 * lane);
    }
  }
}

// 16 rows of e4m3 become BF16, exactly, in the swizzled order.
template <int D> __device__ void widen(const unsigned char* from, unsigned char* to) {
  const int lane = simt::thread_index() % simt::kWarp;
  auto* out = reinterpret_cast<uint32_t*>(to);
  for (int at = lane * 4; at < kChunk * D; at += simt::kWarp * 4) {
    const int row = at / D, d = at % D, piece = (d / 8) ^ (row & 7);
    uint32_t* pair = out + (row * D + piece * 8 + d % 8) / 2;
    const uint32_t codes = *reinterpret_cast<const uint32_t*>(from + at);
    pair[0] = pack_bf16(simt::from_e4m3(static_cast<uint8_t>(codes)), simt::from_e4m3(static_cast<uint8_t>(codes >> 8)));
    pair[1] =
        pack_bf16(simt::from_e4m3(static_cast<uint8_t>(codes >> 16)), simt::from_e4m3(static_cast<uint8_t>(codes >> 24)));
  }
}

// A warp's running softmax over the positions that it has seen. Lane 4 i + j holds rows i and i + 8 and, of every 8
// columns, columns 2 j and 2 j + 1 (the accumulator of multiply_16x8x16).
template <int D> struct Running {
  float sums[D / 8][4];
  float maximum[2], weight[2]; // of the two rows; the weight is this lane's share

  __device__ void clear() {
    for (auto& tile : sums)
      for (float& value : tile) value = 0;
    maximum[0] = maximum[1] = kMasked;
    weight[0] = weight[1] = 0;
  }
};

template <int D>
__device__ void scores_of(const uint32_t (&queries)[D / 16][4], const unsigned char* keys, float (&scores)[2][4]) {
  const int lane = simt::thread_index() % simt::kWarp;
  const int position = (lane & 7) + (lane >> 4) * 8;
  for (auto& tile : scores)
    for (float& value : tile) value = 0;
#pragma unroll
  for (int k = 0; k < D / 16; ++k) {
    const int piece = (2 * k + ((lane >> 3) & 1)) ^ (position & 7);
    uint32_t b[4];
    simt::load_matrices(b, keys + position * D * 2 + piece * 16);
    simt::multiply_16x8x16(scores[0], queries[k], b[0], b[1]);
    simt::multiply_16x8x16(scores[1], queries[k], b[2], b[3]);
  }
}

// Takes the scores in: raises the maxima, scales what there is, turns the scores into weights.
template <int D> __device__ void take_in(float (&scores)[2][4], const int (&limits)[2], int first, Running<D>& run) {
  const int lane = simt::thread_index() % simt::kWarp;
#pragma unroll
  for (int half = 0; half < 2; ++half) { // rows i and i + 8
    float largest = run.maximum[half];
    bool visible[2][2];
    for (int tile = 0; tile < 2; ++tile)
      for (int e = 0; e < 2; ++e) {
        visible[tile][e] = first + tile * 8 + (lane % 4) * 2 + e <= limits[half];
        if (visible[tile][e]) largest = fmaxf(largest, scores[tile][half * 2 + e]);
      }
    largest = fmaxf(largest, simt::shuffle_xor(largest, 1));
    largest = fmaxf(largest, simt::shuffle_xor(largest, 2));
    const float shrink = exponential(run.maximum[half] - largest);
    run.maximum[half] = largest;
    float weight = 0;
    for (int tile = 0; tile < 2; ++tile)
      for (int e = 0; e < 2; ++e) {
        float& score = scores[tile][half * 2 + e];
        score = visible[tile][e] ? exponential(score - largest) : 0.0f;
        weight += score;
      }
    run.weight[half] = fmaf(run.weight[half], shrink, weight);
    for (auto& tile : run.sums) {
      tile[half * 2] *= shrink;
      tile[half * 2 + 1] *= shrink;
    }
  }
}

template <int D>
__device__ void add_values(const float (&weights)[2][4], const unsigned char* values, Running<D>& run) {
  const int lane = simt::thread_index() % simt::kWarp;
  const uint32_t a[4] = {pack_bf16(weights[0][0], weights[0][1]), pack_bf16(weights[0][2], weights[0][3]),
                         pack_bf16(weights[1][0], weights[1][1]), pack_bf16(weights[1][2], weights[1][3])};
  const int position = (lane & 7) + ((lane >> 3) & 1) * 8;
#pragma unroll
  for (int i = 0; i < D / 16; ++i) {
    const int piece = (2 * i + (lane >> 4)) ^ (position & 7);
    uint32_t b[4];
    simt::load_matrices_transposed(b, values + position * D * 2 + piece * 16);
    simt::multiply_16x8x16(run.sums[2 * i], a, b[0], b[1]);
    simt::multiply_16x8x16(run.sums[2 * i + 1], a, b[2], b[3]);
  }
}

template <int D> struct Queries {
  uint32_t fragments[D / 16][4];
  int limits[2]; // the last position that rows i and i + 8 may see; -1: no such query
};

template <int D> __device__ Queries<D> load_queries(const AttentionView& view, const Tile& tile) {
  const int lane = simt::thread_index() % simt::kWarp;
  const int64_t stride = padded(int64_t{view.heads} * D);
  Queries<D> queries;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const Query query = query_of(tile, lane / 4 + half * 8);
    queries.limits[half] = query.row < 0 ? -1 : view.rows.positions[query.row];
    const uint16_t* from = query.row < 0 ? nullptr : view.queries + query.row * stride + query.head * D;
#pragma unroll
    for (int k = 0; k < D / 16; ++k)
#pragma unroll
      for (int right = 0; right < 2; ++right)
        queries.fragments[k][right * 2 + half] =
            from == nullptr ? 0 : *reinterpret_cast<const uint32_t*>(from + k * 16 + right * 8 + (lane % 4) * 2);
  }
  return queries;
}

template <int D> __device__ void write_results(Running<D>& run, float (*sums)[D], float* maxima, float* weights) {
  const int lane = simt::thread_index() % simt::kWarp;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = lane / 4 + half * 8;
    float weight = run.weight[half];
    weight += simt::shuffle_xor(weight, 1);
    weight += simt::shuffle_xor(weight, 2);
    if (lane % 4 == 0) {
      maxima[row] = run.maximum[half];
      weights[row] = weight;
    }
    for (int tile = 0; tile < D / 8; ++tile)
      for (int e = 0; e < 2; ++e) sums[row][tile * 8 + (lane % 4) * 2 + e] = run.sums[tile][half * 2 + e];
  }
}

// One warp's part of a tile's split.
template <int D, KvType kType>
__device__ void attend_chunks(const AttentionView& view, const Tile& tile, WarpShared<D, kType>& shared) {
  const int warp = simt::thread_index() / simt::kWarp, lane = simt::thread_index() % simt::kWarp;
  const int first = tile.item.split * kSplitPositions + warp * kChunk; // of this warp's positions
  const int n_pages = first > tile.last ? 0 : lesser(kSplitPages, (tile.last - first) / kPagePositions + 1);
  auto& incoming = shared.incoming();
  for (int page = 0; page < kStages - 1; ++page) {
    if (page < n_pages) fetch(view, tile, page, incoming.stages[page]);
    simt::commit_copies();
  }
  const Queries<D> queries = load_queries<D>(view, tile);
  Running<D> run;
  run.clear();
  for (int page = 0; page < n_pages; ++page) {
    simt::wait_for_copies<kStages - 2>();
    simt::warp_barrier();
    if (const int ahead = page + kStages - 1; ahead < n_pages) fetch(view, tile, ahead, incoming.stages[ahead % kStages]);
    simt::commit_copies();
    const Staged<D, kType>& stage = incoming.stages[page % kStages];
    const unsigned char *keys = stage.keys, *values = stage.values;
    if constexpr (kType == KvType::e4m3) {
      widen<D>(stage.keys, incoming.widened.keys);
      widen<D>(stage.values, incoming.widened.values);
      simt::warp_barrier();
      keys = incoming.widened.keys;
      values = incoming.widened.values;
    }
    float scores[2][4];
    scores_of<D>(queries.fragments, keys, scores);
    for (int n = 0; n < 2; ++n)
      for (int e = 0; e < 4; ++e) {
        scores[n][e] *= view.scale;
        if constexpr (kType == KvType::e4m3) scores[n][e] *= stage.key_scales[n * 8 + (lane % 4) * 2 + e % 2];
      }
    take_in<D>(scores, queries.limits, first + page * kPagePositions, run);
    if constexpr (kType == KvType::e4m3)
      for (int n = 0; n < 2; ++n)
        for (int e = 0; e < 4; ++e) scores[n][e] *= stage.value_scales[n * 8 + (lane % 4) * 2 + e % 2];
    add_values<D>(scores, values, run);
    simt::warp_barrier(); // before the stage is filled again
  }
  simt::wait_for_copies<0>();
  simt::warp_barrier();
  auto& results = shared.results();
  write_results<D>(run, results.sums, results.maxima, results.weights);
}

// The four warps' results, in their order, become the tile's partial results.
template <int D, KvType kType>
__device__ void merge_warps(const AttentionView& view, const Tile& tile, BlockShared<D, kType>& shared) {
  for (int at = simt::thread_index(); at < kTileRows * D; at += kThreads) {
    const int r = at / D, d = at % D;
    const Query query = query_of(tile, r);
    if (query.row < 0 || tile.item.split * kSplitPositions > view.rows.positions[query.row]) continue;
    float largest = kMasked;
    for (auto& warp : shared.warps) largest = fmaxf(largest, warp.results().maxima[r]);
    float sum = 0, weight = 0;
    for (auto& warp : shared.warps) {
      const float factor = exponential(warp.results().maxima[r] - largest);
      sum = fmaf(warp.results().sums[r][d], factor, sum);
      weight = fmaf(warp.results().weights[r], factor, weight);
    }
    const int64_t partial =
        int64_t{view.partial_begins[query.row] + tile.item.split} * view.heads + query.head;
    view.partial_sums[partial * D + d] = sum;
    if (d == 0) {
      view.partial_stats[partial * 2] = largest;
      view.partial_stats[partial * 2 + 1] = weight;
    }
  }
}

template <int D, KvType kType> __global__ void __launch_bounds__(kThreads) attend(AttentionView view) {
  auto& shared = simt::shared_memory<BlockShared<D, kType>>();
  const int64_t n = int64_t{*view.n_items} * view.kv.kv_heads * head_blocks(view);
  for (int64_t index = simt::block_index(); index < n; index += simt::grid_size()) {
    const Tile tile = tile_of(view, index);
    attend_chunks<D, kType>(view, tile, shared.warps[simt::thread_index() / simt::kWarp]);
    simt::block_barrier();
    merge_warps<D, kType>(view, tile, shared);
    simt::block_barrier();
  }
}

// ---- any head size: a warp for each query and split, 32 positions at a time

struct PlainWarp {
  float weights[simt::kWarp];
};
struct PlainShared {
  PlainWarp warps[kWarps];
};

template <KvType kType> __device__ float stored(const uint8_t* rows, int at) {
  if constexpr (kType == KvType::bf16)
    return simt::from_bf16(reinterpret_cast<const uint16_t*>(rows)[at]);
  else
    return simt::from_e4m3(rows[at]);
}

constexpr int kPlainSums = kMaxHeadDim / simt::kWarp;

template <KvType kType> struct PlainQuery {
  const AttentionView& view;
  const Tile& tile;
  const uint16_t* query;
  int lane, limit; // the last position to see
  float maximum = kMasked, weight = 0;
  float sums[kPlainSums] = {};

  // 32 positions of a page, from `begin` in it; `first` is the position of its start.
  __device__ void take_in(int page, int begin, int first, PlainWarp& shared) {
    const KvView& kv = view.kv;
    const int offset = begin + lane;
    uint8_t* head = head_of(kv, page_of(view, tile, page), tile.kv_head);
    const bool visible = first + offset <= limit;
    float score = 0;
    for (int d = 0; d < kv.head_dim; ++d)
      score = fmaf(simt::from_bf16(query[d]), stored<kType>(head, in_page(kv, offset, d)), score);
    score *= view.scale;
    if constexpr (kType == KvType::e4m3) score *= scales_of(kv, head)[offset];
    const float largest = fmaxf(maximum, warp_max(visible ? score : kMasked));
    const float shrink = exponential(maximum - largest);
    float share = visible ? exponential(score - largest) : 0.0f;
    maximum = largest;
    weight = fmaf(weight, shrink, warp_sum(share));
    if constexpr (kType == KvType::e4m3) share *= scales_of(kv, head)[kPagePositions + offset];
    shared.weights[lane] = share;
    simt::warp_barrier();
#pragma unroll
    for (int i = 0; i < kPlainSums; ++i) {
      const int d = lane + i * simt::kWarp;
      if (d >= kv.head_dim) continue;
      float sum = sums[i] * shrink;
      for (int p = 0; p < simt::kWarp; ++p)
        sum = fmaf(shared.weights[p], stored<kType>(head + kv.rows_bytes, in_page(kv, begin + p, d)), sum);
      sums[i] = sum;
    }
    simt::warp_barrier();
  }
};

template <KvType kType> __global__ void __launch_bounds__(kThreads) attend_plain(AttentionView view) {
  const int lane = simt::thread_index() % simt::kWarp, warp = simt::thread_index() / simt::kWarp;
  PlainWarp& shared = simt::shared_memory<PlainShared>().warps[warp];
  const int64_t n = int64_t{*view.n_items} * view.kv.kv_heads * head_blocks(view) * kTileRows;
  for (int64_t index = int64_t{simt::block_index()} * kWarps + warp; index < n;
       index += int64_t{simt::grid_size()} * kWarps) {
    const Tile tile = tile_of(view, index / kTileRows);
    const Query q = query_of(tile, static_cast<int>(index % kTileRows));
    const int begin = tile.item.split * kSplitPositions;
    if (q.row < 0 || begin > view.rows.positions[q.row]) continue;
    const int D = view.kv.head_dim;
    PlainQuery<kType> run{view, tile, view.queries + q.row * padded(int64_t{view.heads} * D) + q.head * D, lane,
                          view.rows.positions[q.row]};
    for (int at = 0; at < kSplitPositions && begin + at <= run.limit; at += simt::kWarp) {
      const int page = at / kPagePositions;
      run.take_in(page, at % kPagePositions, begin + page * kPagePositions, shared);
    }
    const int64_t partial = int64_t{view.partial_begins[q.row] + tile.item.split} * view.heads + q.head;
#pragma unroll
    for (int i = 0; i < kPlainSums; ++i)
      if (const int d = lane + i * simt::kWarp; d < D) view.partial_sums[partial * D + d] = run.sums[i];
    if (lane == 0) {
      view.partial_stats[partial * 2] = run.maximum;
      view.partial_stats[partial * 2 + 1] = run.weight;
    }
  }
}

// ---- the splits of a query, in their order; a warp for each row and head

__global__ void combine(AttentionView view) {
  const int lane = simt::thread_index() % simt::kWarp, D = view.kv.head_dim;
  const int64_t item = int64_t{simt::block_index()} * kWarps + simt::thread_index() / simt::kWarp;
  if (item >= int64_t{view.rows.n} * view.heads) return;
  const int64_t row = item / view.heads, head = item % view.heads, cols = int64_t{view.heads} * D;
  const int begin = view.partial_begins[row], end = view.partial_begins[row + 1];
  const auto stats = [&](int partial) { return view.partial_stats + (int64_t{partial} * view.heads + head) * 2; };
  float largest = kMasked;
  for (int p = begin; p < end; ++p) largest = fmaxf(largest, stats(p)[0]);
  uint16_t* out = view.out + row * padded(cols);
  for (int d = lane; d < D; d += simt::kWarp) {
    float sum = 0, weight = 0;
    for (int p = begin; p < end; ++p) {
      const float factor = exponential(stats(p)[0] - largest);
      sum = fmaf(view.partial_sums[(int64_t{p} * view.heads + head) * D + d], factor, sum);
      weight = fmaf(stats(p)[1], factor, weight);
    }
    out[head * D + d] = view.rows.positions[row] < 0 ? uint16_t{0} : simt::to_bf16(sum / weight);
  }
  if (head == view.heads - 1)
    for (int64_t d = cols + lane; d < padded(cols); d += simt::kWarp) out[d] = 0;
}

template <int D, KvType kType>
void launch_tensor(const AttentionView& view, int64_t n, int multiprocessors, void* stream) {
  constexpr size_t kShared = sizeof(BlockShared<D, kType>);
  constexpr int64_t kBlocks = D == 64 ? 4 : 2; // that one multiprocessor of an H100 holds at once
  static_assert(kBlocks * (kShared + 1024) <= 228 * 1024);
  simt::launch(attend<D, kType>, "attend", {lesser(n, kBlocks * multiprocessors), kThreads, kShared}, stream, view);
}

template <KvType kType> void launch_typed(const AttentionView& view, int multiprocessors, void* stream) {
  const int group = view.heads / view.kv.kv_heads;
  const int64_t n = view.most_items * view.kv.kv_heads * ((group + kTileRows - 1) / kTileRows);
  if (view.kv.head_dim == 64) return launch_tensor<64, kType>(view, n, multiprocessors, stream);
  if (view.kv.head_dim == 128) return launch_tensor<128, kType>(view, n, multiprocessors, stream);
  simt::launch(attend_plain<kType>, "attend_plain",
               {lesser(n * kTileRows / kWarps, int64_t{16} * multiprocessors), kThreads, sizeof(PlainShared)}, stream, view);
}

} // namespace

void launch_attention(const AttentionView& view, int multiprocessors, void* stream) {
  if (view.kv.type == KvType::bf16)
    launch_typed<KvType::bf16>(view, multiprocessors, stream);
  else
    launch_typed<KvType::e4m3>(view, multiprocessors, stream);
  const int64_t warps = int64_t{view.rows.n} * view.heads;
  simt::launch(combine, "combine", {(warps + kWarps - 1) / kWarps, kThreads, 0}, stream, view);
}

} // namespace proctor::cuda
