// SPDX-License-Identifier: MIT
// The kernels that touch every value of a row once or twice: gather, normalise, rotate and append, gate.
#include "backends/engine/cuda/numbers.cuh"

namespace proctor::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / simt::kWarp;

__global__ void embed(EmbedView view) {
  const int64_t row = simt::block_index();
  int32_t token = view.tokens[row];
  if (token < 0) {
    token = view.drawn[~token].token;
    bool ended = false;
    for (int i = 0; i < view.n_ends; ++i) ended = ended || view.ends[i] == token;
    if (ended && simt::thread_index() == 0) view.positions[row] = -1;
  }
  const uint16_t* from = view.table + token * padded(view.cols);
  for (int d = simt::thread_index(); d < view.cols; d += kThreads) view.x[row * view.cols + d] = simt::from_bf16(from[d]);
}

struct NormShared {
  float sums[kWarps];
};

__global__ void add_rms_norm(NormView view) {
  auto& shared = simt::shared_memory<NormShared>();
  const int thread = simt::thread_index();
  const int64_t row = simt::block_index(), from = view.gather == nullptr ? row : view.gather[row];
  float* x = view.x + from * view.cols;
  float squares = 0;
  for (int d = thread; d < view.cols; d += kThreads) {
    float value = x[d];
    if (view.delta != nullptr) {
      value += view.delta[from * view.cols + d];
      x[d] = value;
    }
    squares = fmaf(value, value, squares);
  }
  squares = warp_sum(squares);
  if (thread % simt::kWarp == 0) shared.sums[thread / simt::kWarp] = squares;
  simt::block_barrier();
  float sum = 0;
  for (float part : shared.sums) sum += part;
  const float factor = 1.0f / sqrtf(sum / static_cast<float>(view.cols) + view.eps);
  uint16_t* out = view.out + row * padded(view.cols);
  for (int d = thread; d < padded(view.cols); d += kThreads)
    out[d] = d < view.cols ? simt::to_bf16(x[d] * factor * view.gain[d]) : uint16_t{0};
}

// One head, normalised and turned; a warp's work. Calls put(d, value) for every value.
template <class Put>
__device__ void prepare_head(const float* head, int size, const float* gain, float eps, const float* rotation,
                             Put put) {
  const int half = size / 2, lane = simt::thread_index() % simt::kWarp;
  float factor = 1;
  if (gain != nullptr) {
    float squares = 0;
    for (int d = lane; d < size; d += simt::kWarp) squares = fmaf(head[d], head[d], squares);
    factor = 1.0f / sqrtf(warp_sum(squares) / static_cast<float>(size) + eps);
  }
  for (int i = lane; i < half; i += simt::kWarp) {
    float first = head[i], second = head[i + half];
    if (gain != nullptr) {
      first = first * factor * gain[i];
      second = second * factor * gain[i + half];
    }
    const float cosine = rotation[i], sine = rotation[half + i];
    put(i, first * cosine - second * sine);
    put(i + half, second * cosine + first * sine);
  }
}

// Rounds a head to e4m3 with a scale of its own; a warp's work. The values are those that this lane wrote or reads.
__device__ void put_e4m3(const KvView& kv, const float* values, uint8_t* rows, float* scale, int offset) {
  const int lane = simt::thread_index() % simt::kWarp;
  float largest = 0;
  for (int d = lane; d < kv.head_dim; d += simt::kWarp) largest = fmaxf(largest, fabsf(values[d]));
  largest = warp_max(largest);
  const float step = largest > 0 ? largest / 448.0f : 1.0f;
  for (int d = lane; d < kv.head_dim; d += simt::kWarp)
    rows[in_page(kv, offset, d)] = simt::to_e4m3(values[d] / step);
  if (lane == 0) scale[offset] = step;
}

__device__ void append(const RopeView& view, const float* key, const float* value, int64_t row, int kv_head,
                       float* scratch) {
  const KvView& kv = view.kv;
  const int position = view.rows.positions[row], offset = position % kPagePositions;
  const int lane = simt::thread_index() % simt::kWarp, size = kv.head_dim;
  const int32_t page = view.rows.tables[view.rows.table_begins[row] + position / kPagePositions];
  uint8_t* head = head_of(kv, page, kv_head);
  const float* rotation = view.rotations + int64_t{position} * size;
  if (kv.type == KvType::bf16) {
    auto* keys = reinterpret_cast<uint16_t*>(head);
    auto* values = reinterpret_cast<uint16_t*>(head + kv.rows_bytes);
    prepare_head(key, size, view.k_gain, view.eps, rotation,
                 [&](int d, float rotated) { keys[in_page(kv, offset, d)] = simt::to_bf16(rotated); });
    for (int d = lane; d < size; d += simt::kWarp) values[in_page(kv, offset, d)] = simt::to_bf16(value[d]);
    return;
  }
  prepare_head(key, size, view.k_gain, view.eps, rotation, [&](int d, float rotated) { scratch[d] = rotated; });
  simt::warp_barrier();
  float* scales = scales_of(kv, head);
  put_e4m3(kv, scratch, head, scales, offset);
  put_e4m3(kv, value, head + kv.rows_bytes, scales + kPagePositions, offset);
}

// A warp for each row and head of queries or keys.
__global__ void rope_append(RopeView view) {
  const int size = view.kv.head_dim, warp = simt::thread_index() / simt::kWarp;
  const int all_heads = view.heads + view.kv.kv_heads;
  const int64_t item = int64_t{simt::block_index()} * kWarps + warp;
  if (item >= int64_t{view.rows.n} * all_heads) return;
  const int64_t row = item / all_heads;
  if (view.rows.positions[row] < 0) return;
  const int head = static_cast<int>(item % all_heads);
  const float* qkv = view.qkv + row * (view.heads + 2 * view.kv.kv_heads) * size;
  if (head >= view.heads) {
    const float* key = qkv + int64_t{head} * size;
    float* scratch = &simt::shared_memory<float>() + warp * size; // (D): a rotated key on its way to e4m3
    append(view, key, key + int64_t{view.kv.kv_heads} * size, row, head - view.heads, scratch);
    return;
  }
  const int64_t cols = int64_t{view.heads} * size;
  uint16_t* out = view.queries + row * padded(cols) + int64_t{head} * size;
  prepare_head(qkv + int64_t{head} * size, size, view.q_gain, view.eps,
               view.rotations + int64_t{view.rows.positions[row]} * size,
               [&](int d, float rotated) { out[d] = simt::to_bf16(rotated); });
}

__global__ void swiglu(const float* gate_up, int ffn, uint16_t* out) {
  const int64_t row = simt::block_index();
  const float* gate = gate_up + row * 2 * ffn;
  for (int d = simt::thread_index(); d < padded(ffn); d += kThreads) {
    float value = 0;
    if (d < ffn) value = gate[d] / (1.0f + exponential(-gate[d])) * gate[ffn + d];
    out[row * padded(ffn) + d] = simt::to_bf16(value);
  }
}

} // namespace

void launch_embed(const EmbedView& view, void* stream) {
  simt::launch(embed, "embed", {view.n_rows, kThreads, 0}, stream, view);
}

void launch_norm(const NormView& view, void* stream) {
  simt::launch(add_rms_norm, "add_rms_norm", {view.n_rows, kThreads, sizeof(NormShared)}, stream, view);
}

void launch_rope_append(const RopeView& view, void* stream) {
  const int64_t items = int64_t{view.rows.n} * (view.heads + view.kv.kv_heads);
  const size_t shared = kWarps * static_cast<size_t>(view.kv.head_dim) * sizeof(float);
  simt::launch(rope_append, "rope_append", {(items + kWarps - 1) / kWarps, kThreads, shared}, stream, view);
}

void launch_swiglu(const float* gate_up, int n_rows, int ffn, uint16_t* out, void* stream) {
  simt::launch(swiglu, "swiglu", {n_rows, kThreads, 0}, stream, gate_up, ffn, out);
}

} // namespace proctor::cuda
