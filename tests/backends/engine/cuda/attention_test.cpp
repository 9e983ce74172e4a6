// SPDX-License-Identifier: MIT
// The attention kernels against float64, on the formats, head sizes and contexts where indices can go wrong; and that
// a query's result does not depend, to the bit, on what is computed beside it.
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <numeric>

#include "backends/engine/cuda/step_arrays.h"
#include "backends/engine/format/quant.h"
#include "tests/backends/engine/cuda/simt.cuh"

using namespace proctor;
using cuda::KvType;

namespace {

struct Shape {
  int head_dim, group, kv_heads;
  KvType kv;
};

float noise(uint32_t& state) {
  state = state * 1664525u + 1013904223u;
  return static_cast<float>(state >> 8) * 0x1p-23f - 1;
}

// Sequences with keys and values in pages, written by the kernel that also rotates (here by nothing).
class Attention {
 public:
  Attention(Shape shape, std::vector<int32_t> lengths) : shape_(shape), lengths_(std::move(lengths)) {
    layout_ = {shape.kv, shape.head_dim, shape.kv_heads, 2};
    int32_t pages = 0;
    for (int32_t length : lengths_) pages += (length + 63) / 64;
    pages_.assign(static_cast<size_t>(pages) * layout_.page_bytes(), 0);
    int32_t next = pages;
    for (int32_t length : lengths_) {
      auto& table = tables_.emplace_back();
      for (int32_t at = 0; at < length; at += 64) table.push_back(--next); // not in memory order
    }
    longest_ = *std::max_element(lengths_.begin(), lengths_.end());
    const auto d = static_cast<size_t>(shape.head_dim);
    rotations_.assign(static_cast<size_t>(longest_) * d, 0);
    for (size_t p = 0; p < static_cast<size_t>(longest_); ++p)
      std::fill_n(rotations_.begin() + static_cast<std::ptrdiff_t>(p * d), d / 2, 1.0f);
    uint32_t state = 12345;
    for (int32_t length : lengths_) {
      auto& values = qkv_.emplace_back(static_cast<size_t>(length) * width());
      for (float& value : values) value = noise(state) * 2;
    }
  }

  // Appends all positions of all sequences, layer 1 of 2.
  void append_all() {
    for (size_t s = 0; s < lengths_.size(); ++s) {
      std::vector<int32_t> positions(static_cast<size_t>(lengths_[s]));
      std::iota(positions.begin(), positions.end(), 0);
      add(static_cast<int32_t>(s), positions);
    }
    run(false);
  }

  // Rows whose queries are to be answered.
  void add(int32_t sequence, const std::vector<int32_t>& positions) {
    for (int32_t position : positions) {
      step_.tokens.push_back(0);
      step_.positions.push_back(position);
      step_.sequences.push_back(sequence);
    }
  }

  // (rows, heads * D) as BF16 bits
  std::vector<uint16_t> run(bool attend = true) {
    step_.tables.assign(tables_.begin(), tables_.end());
    const cuda::StepArrays arrays = cuda::arrays_of(step_, shape_.group, static_cast<int>(step_.n_rows()));
    const auto rows = static_cast<int>(step_.n_rows());
    const auto at = [&](size_t offset) { return reinterpret_cast<const int32_t*>(arrays.bytes.data() + offset); };
    std::vector<float> qkv;
    for (size_t r = 0; r < step_.tokens.size(); ++r) {
      const float* from = row(step_.sequences[r], step_.positions[r]);
      qkv.insert(qkv.end(), from, from + width());
    }
    const cuda::RowsView view{rows, at(arrays.tokens), at(arrays.positions), at(arrays.table_begins), at(0)};
    const cuda::KvView kv = cuda::view_of(layout_, pages_.data(), 1);
    const int heads = shape_.group * shape_.kv_heads, cols = heads * shape_.head_dim;
    const auto stride = static_cast<size_t>(cuda::padded(cols));
    std::vector<uint16_t> queries(static_cast<size_t>(rows) * stride), out(queries.size(), 0xffff);
    cuda::launch_rope_append({view, kv, heads, 1e-6f, qkv.data(), nullptr, nullptr, rotations_.data(), queries.data()}, nullptr);
    if (attend) {
      const auto partials = static_cast<size_t>(arrays.n_partials);
      std::vector<float> sums(partials * static_cast<size_t>(cols), NAN), stats(partials * static_cast<size_t>(heads) * 2, NAN);
      cuda::launch_attention({view, kv, heads, scale(), arrays.n_items, at(arrays.item_count),
                              reinterpret_cast<const cuda::AttentionItem*>(arrays.bytes.data() + arrays.items),
                              at(arrays.partial_begins), queries.data(), sums.data(), stats.data(), out.data()},
                             3, nullptr);
    }
    step_ = {};
    return out;
  }

  // The largest error of one row's result.
  double error(int32_t sequence, int32_t position, const uint16_t* result) const {
    double largest = 0;
    for (int head = 0; head < shape_.group * shape_.kv_heads; ++head) {
      const auto expected = reference(sequence, position, head);
      for (size_t d = 0; d < expected.size(); ++d) {
        const double got = static_cast<double>(bf16_to_float(result[static_cast<size_t>(head * shape_.head_dim) + d]));
        if (!std::isfinite(got)) return INFINITY;
        largest = std::max(largest, std::abs(got - expected[d]));
      }
    }
    return largest;
  }

  size_t stride() const { return static_cast<size_t>(cuda::padded(shape_.group * shape_.kv_heads * shape_.head_dim)); }

 private:
  size_t width() const { return static_cast<size_t>((shape_.group + 2) * shape_.kv_heads * shape_.head_dim); }
  float scale() const { return 1.0f / std::sqrt(static_cast<float>(shape_.head_dim)); }
  const float* row(int32_t sequence, int32_t position) const {
    return qkv_[static_cast<size_t>(sequence)].data() + static_cast<size_t>(position) * width();
  }

  // As it was stored.
  std::vector<double> stored(const float* values) const {
    const auto n = static_cast<size_t>(shape_.head_dim);
    std::vector<double> all(n);
    float largest = 0;
    for (size_t d = 0; d < n; ++d) largest = std::max(largest, std::abs(values[d]));
    const float step = largest / 448;
    for (size_t d = 0; d < n; ++d)
      all[d] = static_cast<double>(shape_.kv == KvType::bf16 ? bf16_to_float(float_to_bf16(values[d]))
                                                             : simt::from_e4m3(simt::to_e4m3(values[d] / step)) * step);
    return all;
  }

  std::vector<double> reference(int32_t sequence, int32_t position, int head) const {
    const auto n = static_cast<size_t>(shape_.head_dim);
    const int kv_head = head / shape_.group, heads = shape_.group * shape_.kv_heads;
    const float* query = row(sequence, position) + head * shape_.head_dim;
    std::vector<double> scores, sum(n, 0);
    for (int32_t p = 0; p <= position; ++p) {
      const auto key = stored(row(sequence, p) + (heads + kv_head) * shape_.head_dim);
      double score = 0;
      for (size_t d = 0; d < n; ++d) score += static_cast<double>(bf16_to_float(float_to_bf16(query[d]))) * key[d];
      scores.push_back(score * static_cast<double>(scale()));
    }
    const double largest = *std::max_element(scores.begin(), scores.end());
    double total = 0;
    for (int32_t p = 0; p <= position; ++p) {
      const double weight = std::exp(scores[static_cast<size_t>(p)] - largest);
      const auto value = stored(row(sequence, p) + (heads + shape_.kv_heads + kv_head) * shape_.head_dim);
      for (size_t d = 0; d < n; ++d) sum[d] += weight * value[d];
      total += weight;
    }
    for (double& value : sum) value /= total;
    return sum;
  }

  Shape shape_;
  std::vector<int32_t> lengths_;
  cuda::KvLayout layout_;
  std::vector<uint8_t> pages_;
  std::vector<std::vector<int32_t>> tables_;
  std::vector<std::vector<float>> qkv_;
  std::vector<float> rotations_;
  int32_t longest_ = 0;
  Step step_;
};

constexpr Shape kShapes[] = {{64, 3, 2, KvType::bf16}, {128, 7, 1, KvType::bf16}, {128, 4, 1, KvType::e4m3},
                             {64, 20, 1, KvType::bf16}, {64, 1, 2, KvType::e4m3}, {8, 2, 2, KvType::bf16},
                             {32, 4, 1, KvType::e4m3},  {6, 3, 1, KvType::bf16},  {40, 2, 1, KvType::bf16}};

const std::vector<int32_t> kLast = {0, 15, 16, 62, 63, 64, 65, 127, 511, 512, 575, 1030}; // of sequence 0
const std::vector<int32_t> kLengths = {1031, 70};

} // namespace

TEST_CASE("attention over pages and splits is the definition's, for every head size and format") {
  for (const Shape& shape : kShapes)
    for (auto schedule : {simt::Schedule::forward, simt::Schedule::backward}) {
      simt::set_schedule(schedule);
      CAPTURE(shape.head_dim);
      CAPTURE(shape.group);
      Attention attention(shape, kLengths);
      attention.append_all();
      for (int32_t last : kLast) attention.add(0, {last});
      attention.add(1, {66, 67, 68, 69});
      const auto out = attention.run();
      const size_t stride = attention.stride();
      for (size_t i = 0; i < kLast.size(); ++i) {
        CAPTURE(kLast[i]);
        CHECK(attention.error(0, kLast[i], out.data() + i * stride) < 0.02);
      }
      for (size_t i = 0; i < 4; ++i)
        CHECK(attention.error(1, 66 + static_cast<int32_t>(i), out.data() + (kLast.size() + i) * stride) < 0.02);
    }
  simt::set_schedule(simt::Schedule::forward);
}

TEST_CASE("a query gets the same bits alone, in a crowd, in any order, and within a prompt") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.head_dim);
    CAPTURE(shape.group);
    Attention attention(shape, {600, 70});
    attention.append_all();
    std::vector<int32_t> prompt(40);
    std::iota(prompt.begin(), prompt.end(), 490); // over the end of a split
    attention.add(0, prompt);
    const auto whole = attention.run();
    const size_t stride = attention.stride();
    for (auto schedule : {simt::Schedule::forward, simt::Schedule::backward}) {
      simt::set_schedule(schedule);
      for (size_t i : {size_t{0}, size_t{21}, size_t{22}, size_t{39}}) {
        CAPTURE(i);
        attention.add(0, {prompt[i]});
        const auto alone = attention.run();
        CHECK(std::memcmp(alone.data(), whole.data() + i * stride, stride * 2) == 0);
      }
    }
    simt::set_schedule(simt::Schedule::forward);
    attention.add(1, {3, 4, 5});
    attention.add(0, {prompt[30], prompt[31]});
    attention.add(1, {69});
    attention.add(0, {prompt[7]});
    const auto crowd = attention.run();
    CHECK(std::memcmp(crowd.data() + 3 * stride, whole.data() + 30 * stride, 2 * stride * 2) == 0);
    CHECK(std::memcmp(crowd.data() + 6 * stride, whole.data() + 7 * stride, stride * 2) == 0);
  }
}
