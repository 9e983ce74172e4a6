// SPDX-License-Identifier: MIT
// The kernels over 16 lanes; included once for each instruction set, after its lanes. Nothing from the standard
// library may be instantiated here: the linker would keep one copy for all processors.

// Lanes from n on become `fill`.
inline Floats keep_first(const Floats& a, int64_t n, float fill) {
  if (n >= 16) return a;
  float v[16];
  store(v, a);
  for (int64_t i = n < 0 ? 0 : n; i < 16; ++i) v[i] = fill;
  return load(v);
}

inline Floats load_some(const float* p, int64_t n, float fill) {
  if (n >= 16) return load(p);
  float v[16];
  for (int i = 0; i < 16; ++i) v[i] = i < n ? p[i] : fill;
  return load(v);
}

inline void store_some(float* p, const Floats& a, int64_t n) {
  if (n >= 16) return store(p, a);
  float v[16];
  store(v, a);
  for (int64_t i = 0; i < n; ++i) p[i] = v[i];
}

// exp by 2^n * p(r), |r| <= ln2 / 2; coefficients of Cephes' expf (S. L. Moshier). Relative error below 2e-7; below
// -87.3 the result is about 1e-38, not 0.
// NaN stays NaN: max and min return their second operand where they cannot compare.
inline Floats exponential(Floats x) {
  x = min(set(88.02969f), max(set(-87.33654f), x));
  Ints n = round_to_ints(mul(x, set(1.44269504088896341f)));
  Floats whole = to_floats(n);
  Floats r = fma(whole, set(-0.693359375f), x);
  r = fma(whole, set(2.12194440e-4f), r);
  Floats p = set(1.9875691500e-4f);
  p = fma(p, r, set(1.3981999507e-3f));
  p = fma(p, r, set(8.3334519073e-3f));
  p = fma(p, r, set(4.1665795894e-2f));
  p = fma(p, r, set(1.6666665459e-1f));
  p = fma(p, r, set(5.0000001201e-1f));
  p = add(fma(mul(r, r), p, r), set(1.0f));
  return scale_by_power(p, n);
}

inline float exponential(float x) {
  float v[16];
  store(v, exponential(set(x)));
  return v[0];
}

// ---- activations

// T rows' part of one block of 32 values: codes as the lanes want them, then scales, the sums of the codes, of their
// first halves, and scale * sum, each of all rows.
template <int T> struct ActivationTile {
  static constexpr int kCodes = kCodeWidth * 32 * T;
  const uint8_t* at;

  const float* scale(int m) const { return reinterpret_cast<const float*>(at + kCodes) + m; }
  const int32_t* sum(int m) const { return reinterpret_cast<const int32_t*>(at + kCodes) + T + m; }
  const int32_t* first_sum(int m) const { return reinterpret_cast<const int32_t*>(at + kCodes) + 2 * T + m; }
  const float* scaled_sum(int m) const { return reinterpret_cast<const float*>(at + kCodes) + 3 * T + m; }
};

constexpr int kPackedBytes = kCodeWidth * 32 + 16;

// A tile begins at row m, a multiple of its size; the last rows make smaller ones.
inline int64_t tile_rows(int64_t m, int64_t rows) {
  if (rows - m >= kTile) return kTile;
  return rows - m >= 4 ? 4 : rows - m;
}

inline int64_t tile_begin(int64_t r, int64_t rows) {
  int64_t whole = rows / kTile * kTile;
  return r < whole ? r / kTile * kTile : whole + (r - whole) / 4 * 4;
}

struct QuantisedBlock {
  int8_t codes[32];
  float scale;
  int32_t first_sum, sum;
};

// A value that is NaN or infinite makes the scale so, and with it every product: codes cannot hold it.
inline void quantise_block(const float* x, QuantisedBlock& out) {
  Floats first = load(x), second = load(x + 16);
  out.scale = largest_magnitude(first, second) / 127.0f;
  if (out.scale <= 0x1p-120f) out.scale = 0; // its inverse would be infinite
  Floats inverse = set(out.scale == 0 ? 0.0f : 1.0f / out.scale);
  store_bytes(out.codes, round_to_ints(mul(first, inverse)));
  store_bytes(out.codes + 16, round_to_ints(mul(second, inverse)));
  out.first_sum = sum_codes(out.codes);
  out.sum = out.first_sum + sum_codes(out.codes + 16);
}

// Row m of a tile of `rows`.
inline void put_block(const QuantisedBlock& block, uint8_t* tile, int64_t rows, int64_t m) {
  for (int64_t chunk = 0; chunk < 8; ++chunk)
    put_codes(block.codes + 4 * chunk, tile + 4 * kCodeWidth * (chunk * rows + m));
  float scaled = block.scale * static_cast<float>(block.sum);
  uint8_t* rest = tile + kCodeWidth * 32 * rows + 4 * m;
  __builtin_memcpy(rest, &block.scale, 4);
  __builtin_memcpy(rest + 4 * rows, &block.sum, 4);
  __builtin_memcpy(rest + 8 * rows, &block.first_sum, 4);
  __builtin_memcpy(rest + 12 * rows, &scaled, 4);
}

void quantise_kernel(const ActivationView& in, int64_t begin, int64_t end, uint8_t* packed) {
  const int64_t blocks = in.cols / 32;
  for (int64_t r = begin; r < end; ++r) {
    int64_t first = tile_begin(r, in.rows), rows = tile_rows(first, in.rows);
    uint8_t* tile = packed + first * blocks * kPackedBytes;
    QuantisedBlock block;
    for (int64_t b = 0; b < blocks; ++b, tile += rows * kPackedBytes) {
      quantise_block(in.values + r * in.stride + 32 * b, block);
      put_block(block, tile, rows, r - first);
    }
  }
}

void pair_up_kernel(const ActivationView& in, int64_t begin, int64_t end, uint8_t* pairs) {
  const int64_t row_bytes = (in.cols + 1) / 2 * kPairBytes;
  for (int64_t r = begin; r < end; ++r) {
    const float* x = in.values + r * in.stride;
    uint8_t* out = pairs + r * row_bytes;
    int64_t k = 0;
    for (; k + 16 <= in.cols; k += 16, out += 8 * kPairBytes) put_eight_pairs(load(x + k), out);
    if (k == in.cols) continue;
    uint8_t last[8 * kPairBytes];
    put_eight_pairs(load_some(x + k, in.cols - k, 0), last);
    __builtin_memcpy(out, last, static_cast<size_t>(row_bytes - k / 2 * kPairBytes));
  }
}

// ---- matrices

struct OutTile {
  float* out; // first activation, first row of the group
  int64_t stride;
  int64_t rows_left;
  const float* bias; // of the group's rows, or null
};

template <int T> inline void store_tile(const OutTile& tile, const Floats* totals) {
  for (int m = 0; m < T; ++m) {
    Floats value = tile.bias == nullptr ? totals[m] : add(totals[m], load(tile.bias));
    store_some(tile.out + m * tile.stride, value, tile.rows_left);
  }
}

// Brings the next group into the second cache, a share of it with each tile of this one: else the first tile waits for
// memory, which does nothing during the others. Groups of a single tile follow each other as they are.
class NextGroup {
 public:
  NextGroup(const uint8_t* group, int64_t rows, int64_t m0, int64_t blocks, int64_t block_bytes) {
    if (rows <= kTile) return;
    step_ = block_bytes / ((rows + kTile - 1) / kTile);
    at_ = group + m0 / kTile * step_ * blocks;
  }
  void fetch() {
    for (int64_t line = 0; line < step_; line += 64) __builtin_prefetch(at_ + line, 0, 2);
    at_ += step_;
  }

 private:
  const uint8_t* at_ = nullptr;
  int64_t step_ = 0; // bytes with each block
};

template <bool kHalf> inline Floats load_scales(const uint8_t* p) {
  if constexpr (kHalf) return load_half(p);
  return load(reinterpret_cast<const float*>(p));
}

// kShift: the code that stands for zero is 1 << kShift; negative: it is 0.
template <int kBits, bool kHalf, bool kMin, int kGroup, int kShift> struct QuantFormat {
  static constexpr int kCodeBytes = kBits == 4 ? 256 : 512;
  static constexpr int kScaleBytes = kHalf ? 32 : 64;
  static constexpr int kGroups = 32 / kGroup;
  static constexpr int kBlockBytes = kCodeBytes + kGroups * kScaleBytes * (kMin ? 2 : 1);

  // The code sums of group g of row m.
  template <int T> static inline Ints sums(const ActivationTile<T>& in, int m, int g) {
    if constexpr (kGroups == 1) return set_int(*in.sum(m));
    return set_int(g == 0 ? *in.first_sum(m) : *in.sum(m) - *in.first_sum(m));
  }

  // One group of scales within a block: integer products exactly, then one fused multiply-add.
  template <int T>
  static inline void add_group(const uint8_t* block, int g, const ActivationTile<T>& in, Floats* totals) {
    Ints dots[T];
    if constexpr (kBits == 4)
      dot_four<T>(block, in.at, dots);
    else
      dot_eight<T>(block + 16 * kGroup * g, kGroup / 4, in.at + kGroup * kCodeWidth * T * g, dots);
    const uint8_t* scales = block + kCodeBytes + g * kScaleBytes;
    Floats scale = load_scales<kHalf>(scales);
    for (int m = 0; m < T; ++m) {
      if constexpr (kShift > 0) dots[m] = subtract_shifted<kShift>(dots[m], sums<T>(in, m, g));
      totals[m] = fma(to_floats(dots[m]), mul(scale, set(*in.scale(m))), totals[m]);
    }
    if constexpr (kMin) {
      Floats min = load_scales<kHalf>(scales + kGroups * kScaleBytes);
      for (int m = 0; m < T; ++m) totals[m] = fma(min, set(*in.scaled_sum(m)), totals[m]);
    }
  }

  template <int T>
  static void tile(const uint8_t* group, const PackedView& w, const ActivationView& in, int64_t m0, OutTile out) {
    Floats totals[T];
    for (int m = 0; m < T; ++m) totals[m] = set(0);
    const int64_t blocks = w.cols / 32;
    ActivationTile<T> rows{in.packed + m0 * blocks * kPackedBytes};
    NextGroup next(group + w.group_bytes, in.rows, m0, blocks, kBlockBytes);
    for (int64_t b = 0; b < blocks; ++b, group += kBlockBytes, rows.at += T * kPackedBytes) {
      if (m0 == 0) // later tiles find the group in the first cache
        for (int line = 0; line < kBlockBytes; line += 64) __builtin_prefetch(group + 6 * kBlockBytes + line);
      next.fetch();
      for (int g = 0; g < kGroups; ++g) add_group<T>(group, g, rows, totals);
    }
    store_tile<T>(out, totals);
  }
};

// Sums of 256 values are added up one after the other, which keeps long rows accurate.
constexpr int64_t kChunk = 256;

template <Codes kCodes> struct FloatFormat {
  template <int T>
  static void tile(const uint8_t* group, const PackedView& w, const ActivationView& in, int64_t m0, OutTile out) {
    Floats totals[T];
    for (int m = 0; m < T; ++m) totals[m] = set(0);
    const float* x = in.values + m0 * in.stride;
    for (int64_t begin = 0; begin < w.cols; begin += kChunk) {
      int64_t end = begin + kChunk < w.cols ? begin + kChunk : w.cols;
      Floats sums[T];
      for (int m = 0; m < T; ++m) sums[m] = set(0);
      for (int64_t k = begin; k < end; ++k) {
        Floats value;
        if constexpr (kCodes == Codes::f16)
          value = load_half(group + 32 * k);
        else
          value = load(reinterpret_cast<const float*>(group) + 16 * k);
        for (int m = 0; m < T; ++m) sums[m] = fma(value, set(x[m * in.stride + k]), sums[m]);
      }
      for (int m = 0; m < T; ++m) totals[m] = add(totals[m], sums[m]);
    }
    store_tile<T>(out, totals);
  }
};

struct Bf16Format {
  template <int T>
  static void tile(const uint8_t* group, const PackedView& w, const ActivationView& in, int64_t m0, OutTile out) {
    Floats totals[T];
    for (int m = 0; m < T; ++m) totals[m] = set(0);
    const int64_t n = (w.cols + 1) / 2, stride = n * kPairBytes;
    const uint8_t* x = in.pairs + m0 * stride;
    for (int64_t begin = 0; begin < n; begin += kChunk / 2) {
      int64_t end = begin + kChunk / 2 < n ? begin + kChunk / 2 : n;
      Floats sums[T];
      for (int m = 0; m < T; ++m) sums[m] = set(0);
      for (int64_t k = begin; k < end; ++k, group += 64, x += kPairBytes) {
        __builtin_prefetch(group + 2048);
        WeightPairs pairs = load_pairs(group);
        for (int m = 0; m < T; ++m) sums[m] = dot_pairs(pairs, x + m * stride, sums[m]);
      }
      for (int m = 0; m < T; ++m) totals[m] = add(totals[m], sums[m]);
    }
    store_tile<T>(out, totals);
  }
};

template <class Format>
void multiply_as(const PackedView& w, const ActivationView& in, int64_t group_begin, int64_t group_end, float* out,
                 int64_t stride) {
  for (int64_t g = group_begin; g < group_end; ++g) {
    const uint8_t* group = w.data + static_cast<size_t>(g) * w.group_bytes;
    OutTile tile{out + 16 * g, stride, w.rows - 16 * g, w.bias == nullptr ? nullptr : w.bias + 16 * g};
    for (int64_t m = 0, n; m < in.rows; m += n, tile.out += n * stride) {
      n = tile_rows(m, in.rows);
      if (n == kTile) Format::template tile<kTile>(group, w, in, m, tile);
      if (n == 4 && kTile != 4) Format::template tile<4>(group, w, in, m, tile);
      if (n == 3) Format::template tile<3>(group, w, in, m, tile);
      if (n == 2) Format::template tile<2>(group, w, in, m, tile);
      if (n == 1) Format::template tile<1>(group, w, in, m, tile);
    }
  }
}

void multiply_kernel(const PackedView& w, const ActivationView& in, int64_t begin, int64_t end, float* out,
                     int64_t stride) {
  if (w.codes == Codes::f32) return multiply_as<FloatFormat<Codes::f32>>(w, in, begin, end, out, stride);
  if (w.codes == Codes::f16) return multiply_as<FloatFormat<Codes::f16>>(w, in, begin, end, out, stride);
  if (w.codes == Codes::bf16) return multiply_as<Bf16Format>(w, in, begin, end, out, stride);
  bool half = w.half_scales, min = w.has_min;
  if (w.codes == Codes::four_bit) {
    if (half && !min) return multiply_as<QuantFormat<4, true, false, 32, 3>>(w, in, begin, end, out, stride);
    if (half) return multiply_as<QuantFormat<4, true, true, 32, -1>>(w, in, begin, end, out, stride);
    return multiply_as<QuantFormat<4, false, true, 32, -1>>(w, in, begin, end, out, stride);
  }
  if (w.scale_group == 16) return multiply_as<QuantFormat<8, false, false, 16, 5>>(w, in, begin, end, out, stride);
  if (half && min) return multiply_as<QuantFormat<8, true, true, 32, -1>>(w, in, begin, end, out, stride);
  if (min) return multiply_as<QuantFormat<8, false, true, 32, -1>>(w, in, begin, end, out, stride);
  if (w.zero == 16) return multiply_as<QuantFormat<8, true, false, 32, 4>>(w, in, begin, end, out, stride);
  return multiply_as<QuantFormat<8, true, false, 32, 7>>(w, in, begin, end, out, stride);
}

// ---- rows

void rms_norm_kernel(float* x, const float* delta, const float* gain, int64_t cols, float eps, float* out) {
  Floats squares = set(0);
  for (int64_t i = 0; i < cols; i += 16) {
    Floats value = load_some(x + i, cols - i, 0);
    if (delta != nullptr) {
      value = add(value, load_some(delta + i, cols - i, 0));
      store_some(x + i, value, cols - i);
    }
    squares = fma(value, value, squares);
  }
  Floats factor = set(1.0f / __builtin_sqrtf(sum_lanes(squares) / static_cast<float>(cols) + eps));
  for (int64_t i = 0; i < cols; i += 16)
    store_some(out + i, mul(mul(load_some(x + i, cols - i, 0), factor), load_some(gain + i, cols - i, 0)), cols - i);
}

void rotate_kernel(float* head, const float* cosines, const float* sines, int64_t half) {
  for (int64_t i = 0; i < half; i += 16) {
    Floats cosine = load_some(cosines + i, half - i, 0), sine = load_some(sines + i, half - i, 0);
    Floats first = load_some(head + i, half - i, 0), second = load_some(head + half + i, half - i, 0);
    store_some(head + i, sub(mul(first, cosine), mul(second, sine)), half - i);
    store_some(head + half + i, add(mul(second, cosine), mul(first, sine)), half - i);
  }
}

void swiglu_kernel(const float* gate_up, int64_t size, float* out) {
  for (int64_t i = 0; i < size; i += 16) {
    Floats gate = load_some(gate_up + i, size - i, 0), up = load_some(gate_up + size + i, size - i, 0);
    Floats silu = div(gate, add(set(1.0f), exponential(sub(set(0), gate))));
    store_some(out + i, mul(silu, up), size - i);
  }
}

// ---- attention: one page of 64 positions after the other, rescaled to the maximum so far (online softmax, arXiv
// 1805.02867). Pages lie at absolute positions, so chunks and batches cannot change the order of the sums.

constexpr int kPage = 64;
constexpr float kMasked = -__builtin_inff(); // where all scores are so, no weight is a number

template <class T> inline Floats load_kv(const T* p) {
  if constexpr (sizeof(T) == 2)
    return load_bf16(p);
  else
    return load(p);
}

// scores (n, 64) of n <= 4 queries
template <class T, int N>
inline void page_scores(const AttentionTask& t, const T* keys, const float* query, float* scores) {
  for (int at = 0; at < kPage; at += 16) {
    Floats sum[N];
    for (int q = 0; q < N; ++q) sum[q] = set(0);
    for (int d = 0; d < t.head_dim; ++d) {
      Floats key = load_kv(keys + d * kPage + at);
      for (int q = 0; q < N; ++q) sum[q] = fma(key, set(query[q * t.head_dim + d]), sum[q]);
    }
    for (int q = 0; q < N; ++q) store(scores + q * kPage + at, mul(sum[q], set(t.scale)));
  }
}

// acc (n, value_stride) = acc * rescale + weights * values
template <class T, int N>
inline void add_values(const AttentionTask& t, const T* values, int64_t valid, const float* weights,
                       const float* rescale, float* acc) {
  for (int d = 0; d < t.value_stride; d += 16) {
    Floats sum[N];
    for (int q = 0; q < N; ++q) sum[q] = mul(load(acc + q * t.value_stride + d), set(rescale[q]));
    for (int64_t p = 0; p < valid; ++p) {
      Floats value = load_kv(values + p * t.value_stride + d);
      for (int q = 0; q < N; ++q) sum[q] = fma(value, set(weights[q * kPage + p]), sum[q]);
    }
    for (int q = 0; q < N; ++q) store(acc + q * t.value_stride + d, sum[q]);
  }
}

struct Softmax {
  float max, sum;
};

// Turns a page's scores into weights; returns the factor for what was summed before.
inline float page_weights(float* scores, int64_t valid, Softmax& state) {
  Floats largest = set(state.max);
  for (int at = 0; at < kPage; at += 16) {
    Floats s = keep_first(load(scores + at), valid - at, kMasked);
    store(scores + at, s);
    largest = max(s, largest);
  }
  float top = max_lanes(largest);
  float rescale = exponential(state.max - top);
  Floats sum = set(0);
  for (int at = 0; at < kPage && at < valid; at += 16) {
    Floats weight = keep_first(exponential(sub(load(scores + at), set(top))), valid - at, 0);
    store(scores + at, weight);
    sum = add(sum, weight);
  }
  state = {top, __builtin_fmaf(state.sum, rescale, sum_lanes(sum))};
  return rescale;
}

template <class T, int N> void attend_some(const AttentionTask& t, int first) {
  float* scores = t.scratch;
  float* acc = t.scratch + N * kPage;
  Softmax state[N];
  for (int q = 0; q < N; ++q) state[q] = {kMasked, 0};
  for (int i = 0; i < N * t.value_stride; ++i) acc[i] = 0;
  for (int64_t begin = 0; begin < t.context; begin += kPage) {
    const T* keys = reinterpret_cast<const T*>(t.pages[begin / kPage]);
    int64_t valid = t.context - begin < kPage ? t.context - begin : kPage;
    page_scores<T, N>(t, keys, t.query + first * t.head_dim, scores);
    float rescale[N];
    for (int q = 0; q < N; ++q) rescale[q] = page_weights(scores + q * kPage, valid, state[q]);
    add_values<T, N>(t, keys + static_cast<size_t>(t.head_dim) * kPage, valid, scores, rescale, acc);
  }
  for (int q = 0; q < N; ++q)
    for (int d = 0; d < t.head_dim; d += 16)
      store_some(t.out + (first + q) * t.head_dim + d, div(load(acc + q * t.value_stride + d), set(state[q].sum)),
                 t.head_dim - d);
}

template <class T> void attend_as(const AttentionTask& t) {
  int q = 0;
  for (; q + 4 <= t.n_query; q += 4) attend_some<T, 4>(t, q);
  if (t.n_query - q == 3) attend_some<T, 3>(t, q);
  if (t.n_query - q == 2) attend_some<T, 2>(t, q);
  if (t.n_query - q == 1) attend_some<T, 1>(t, q);
}

void attend_kernel(const AttentionTask& t) {
  if (t.bf16)
    attend_as<uint16_t>(t);
  else
    attend_as<float>(t);
}

// ---- logits

LogitStats logit_stats_kernel(const float* logits, int64_t n, float inverse_temperature, float* exps) {
  Floats largest = set(-3.4e38f), nothing = set(0); // NaN from the first logit on that is not finite
  for (int64_t i = 0; i < n; i += 16) {
    const Floats some = load_some(logits + i, n - i, -3.4e38f);
    largest = max(some, largest);
    nothing = fma(some, set(0), nothing);
  }
  LogitStats stats{max_lanes(largest), 0, sum_lanes(nothing) == 0};
  const Floats top = set(stats.max), scale = set(inverse_temperature);
  for (int64_t i = 0; i < n; i += 256) { // short sums in float, the long one in double
    Floats sum = set(0);
    for (int64_t j = i; j < i + 256 && j < n; j += 16) {
      Floats e = exponential(mul(sub(load_some(logits + j, n - j, stats.max), top), scale));
      e = keep_first(e, n - j, 0);
      if (exps != nullptr) store_some(exps + j, e, n - j);
      sum = add(sum, e);
    }
    stats.sum += static_cast<double>(sum_lanes(sum));
  }
  return stats;
}

// ---- chance

// The words of 16 blocks of Philox4x32-10 (sampling.h) from `first` on, in the order of the tokens.
inline void philox_blocks(int32_t first, int32_t position, uint64_t seed, uint32_t* words) {
  int32_t from[16], c[4][16];
  for (int i = 0; i < 16; ++i) from[i] = first + i;
  Ints c0 = load_ints(from), c1 = set_int(position), c2 = set_int(0), c3 = set_int(0);
  auto k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
    Ints high0, high1, low0 = wide_product(c0, 0xD2511F53, high0), low1 = wide_product(c2, 0xCD9E8D57, high1);
    c0 = bit_xor(bit_xor(high1, c1), set_int(static_cast<int32_t>(k0)));
    c1 = low1;
    c2 = bit_xor(bit_xor(high0, c3), set_int(static_cast<int32_t>(k1)));
    c3 = low0;
  }
  store_ints(c[0], c0);
  store_ints(c[1], c1);
  store_ints(c[2], c2);
  store_ints(c[3], c3);
  for (int i = 0; i < 16; ++i)
    for (int w = 0; w < 4; ++w) words[4 * i + w] = static_cast<uint32_t>(c[w][i]);
}

// Whether a token could ring before `best`. In F32 with some slack, for 1 - u is not exact here: never false where
// the test of race_kernel is true.
inline bool may_win(const uint32_t* words, const float* rates, int n, double best) {
  const float limit = static_cast<float>(best) * 1.0001f;
  int found = 0;
  for (int i = 0; i < n; ++i)
    found |= static_cast<float>(static_cast<int32_t>(~words[i] >> 1)) * 0x1p-31f <= limit * rates[i] + 1e-8f;
  return found != 0;
}

// Most tokens are passed over without a logarithm: -log(u) >= 1 - u.
int32_t race_kernel(const float* rates, int64_t n, uint64_t seed, int32_t position) {
  double best = __builtin_inf();
  int32_t winner = -1;
  for (int64_t base = 0; base < n; base += 64) {
    uint32_t words[64];
    philox_blocks(static_cast<int32_t>(base / 4), position, seed, words);
    int count = n - base < 64 ? static_cast<int>(n - base) : 64;
    if (!may_win(words, rates + base, count, best)) continue;
    for (int i = 0; i < count; ++i) {
      double rate = static_cast<double>(rates[base + i]), u = (words[i] + 0.5) * 0x1p-32;
      if (1 - u >= best * rate) continue;
      double time = -__builtin_log(u) / rate;
      if (!(time < best)) continue;
      best = time;
      winner = static_cast<int32_t>(base) + i;
    }
  }
  return winner;
}

// constexpr: no code of another processor may run while the program starts
constexpr Kernels make_kernels(const char* name, bool (*supported)()) {
  return {name,           supported,       kPackedBytes,    kPairBytes,    quantise_kernel,
          pair_up_kernel, multiply_kernel, rms_norm_kernel, rotate_kernel, swiglu_kernel,
          attend_kernel,  logit_stats_kernel, race_kernel};
}
