// SPDX-License-Identifier: MIT
// The row kernels against the CPU's, with odd ends and padding.
#include <cmath>
#include <doctest/doctest.h>

#include "backends/engine/cpu/kernels.h"
#include "backends/engine/cuda/kernels.h"
#include "backends/engine/format/quant.h"
#include "backends/engine/model/rope.h"
#include "tests/backends/engine/cuda/simt.cuh"

using namespace proctor;

namespace {

std::vector<float> some_values(size_t n, uint32_t seed) {
  std::vector<float> values(n);
  uint32_t state = seed * 747796405u + 3;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) * 0x1p-22f - 2;
  }
  return values;
}

bool near(uint16_t bits, float expected) {
  return std::abs(bf16_to_float(bits) - expected) <= std::abs(expected) * 0.005f + 1e-6f;
}

constexpr simt::Schedule kSchedules[] = {simt::Schedule::forward, simt::Schedule::backward};

} // namespace

TEST_CASE("embed gathers rows whose ends are padded") {
  const int cols = 172;
  const auto stride = static_cast<size_t>(cuda::padded(cols));
  CHECK(stride == 176);
  std::vector<uint16_t> table(5 * stride);
  for (size_t i = 0; i < table.size(); ++i) table[i] = float_to_bf16(static_cast<float>(i));
  const std::vector<int32_t> tokens = {3, 0, 4};
  std::vector<float> x(3 * cols, NAN);
  cuda::launch_embed({.n_rows = 3, .cols = cols, .tokens = tokens.data(), .table = table.data(), .x = x.data()}, nullptr);
  for (size_t r = 0; r < 3; ++r)
    for (size_t d = 0; d < cols; ++d)
      CHECK(x[r * cols + d] == bf16_to_float(table[static_cast<size_t>(tokens[r]) * stride + d]));
}

TEST_CASE("embed takes a token that was drawn on the device, and a row whose sequence it ended loses its context") {
  for (auto schedule : kSchedules) {
    simt::set_schedule(schedule);
    std::vector<uint16_t> table(10 * 8);
    for (size_t i = 0; i < table.size(); ++i) table[i] = float_to_bf16(static_cast<float>(i));
    const std::vector<int32_t> tokens = {~2, 4, ~0, ~1}, ends = {7, 3};
    const std::vector<cuda::DrawnToken> drawn = {{3, 0}, {9, 0}, {5, 0}};
    std::vector<int32_t> positions = {10, 11, 12, 13};
    std::vector<float> x(4 * 8, NAN);
    cuda::launch_embed({.n_rows = 4, .cols = 8, .tokens = tokens.data(), .positions = positions.data(), .drawn = drawn.data(), .n_ends = 2,
                        .ends = ends.data(), .table = table.data(), .x = x.data()}, nullptr);
    const size_t expected[] = {5, 4, 3, 9};
    for (size_t r = 0; r < 4; ++r)
      for (size_t d = 0; d < 8; ++d) CHECK(x[r * 8 + d] == bf16_to_float(table[expected[r] * 8 + d]));
    CHECK(positions == std::vector<int32_t>{10, 11, -1, 13});
  }
  simt::set_schedule(simt::Schedule::forward);
}

TEST_CASE("norm adds, normalises, gathers and pads as the CPU does") {
  for (auto schedule : kSchedules)
    for (int cols : {8, 64, 172, 1000}) {
      simt::set_schedule(schedule);
      CAPTURE(cols);
      const auto n = static_cast<size_t>(cols), stride = static_cast<size_t>(cuda::padded(cols));
      const auto before = some_values(5 * n, 1), delta = some_values(5 * n, 2), gain = some_values(n, 3);
      const std::vector<int32_t> gather = {4, 1};
      auto x = before;
      std::vector<uint16_t> out(2 * stride, 0xffff);
      cuda::launch_norm({2, cols, 1e-5f, x.data(), delta.data(), gain.data(), gather.data(), out.data()}, nullptr);
      for (size_t r = 0; r < 2; ++r) {
        const auto from = static_cast<size_t>(gather[r]) * n;
        std::vector<float> row(before.begin() + static_cast<std::ptrdiff_t>(from), before.begin() + static_cast<std::ptrdiff_t>(from + n)), expected(n);
        scalar_kernels().rms_norm(row.data(), delta.data() + from, gain.data(), cols, 1e-5f, expected.data());
        for (size_t d = 0; d < n; ++d) {
          CHECK(near(out[r * stride + d], expected[d]));
          CHECK(x[from + d] == row[d]);
        }
        for (size_t d = n; d < stride; ++d) CHECK(out[r * stride + d] == 0);
      }
      for (size_t d = 0; d < n; ++d) CHECK(x[d] == before[d]); // not gathered, not touched
    }
  simt::set_schedule(simt::Schedule::forward);
}

TEST_CASE("swiglu is the CPU's, its rows padded") {
  for (int ffn : {4, 172, 344}) {
    const auto n = static_cast<size_t>(ffn), stride = static_cast<size_t>(cuda::padded(ffn));
    auto gate_up = some_values(3 * 2 * n, 7);
    gate_up[0] = 80; // the ends of the exponential
    gate_up[1] = -90;
    std::vector<uint16_t> out(3 * stride, 0xffff);
    cuda::launch_swiglu(gate_up.data(), 3, ffn, out.data(), nullptr);
    for (size_t r = 0; r < 3; ++r) {
      std::vector<float> expected(n);
      scalar_kernels().swiglu(gate_up.data() + r * 2 * n, ffn, expected.data());
      for (size_t d = 0; d < n; ++d) CHECK(out[r * stride + d] == float_to_bf16(expected[d])); // the same bits
      for (size_t d = n; d < stride; ++d) CHECK(out[r * stride + d] == 0);
    }
  }
}

TEST_CASE("queries are normalised and rotated as the CPU does") {
  for (int size : {6, 8, 32, 64, 128}) {
    CAPTURE(size);
    const auto n = static_cast<size_t>(size), half = n / 2;
    const Rope rope = make_rope({.theta = 10000}, size, {});
    std::vector<float> rotations(10 * n);
    for (size_t p = 0; p < 10; ++p) rope_row(rope, static_cast<int>(p), rotations.data() + p * n, rotations.data() + p * n + half);
    const auto qkv = some_values(2 * 5 * n, 4), gain = some_values(n, 5); // 2 rows, 3 heads, 1 key head
    const std::vector<int32_t> positions = {9, 2}, begins = {0, 0}, tables = {0};
    const cuda::KvLayout layout{cuda::KvType::bf16, size, 1, 1};
    std::vector<uint8_t> pages(layout.page_bytes(), 0);
    const auto stride = static_cast<size_t>(cuda::padded(3 * size));
    std::vector<uint16_t> queries(2 * stride, 0);
    cuda::launch_rope_append({{2, nullptr, positions.data(), begins.data(), tables.data()}, cuda::view_of(layout, pages.data(), 0), 3,
                              1e-6f, qkv.data(), gain.data(), gain.data(), rotations.data(), queries.data()}, nullptr);
    for (size_t r = 0; r < 2; ++r)
      for (size_t h = 0; h < 3; ++h) {
        std::vector<float> head(qkv.begin() + static_cast<std::ptrdiff_t>((r * 5 + h) * n), qkv.begin() + static_cast<std::ptrdiff_t>((r * 5 + h + 1) * n));
        scalar_kernels().rms_norm(head.data(), nullptr, gain.data(), size, 1e-6f, head.data());
        const float* rotation = rotations.data() + static_cast<size_t>(positions[r]) * n;
        scalar_kernels().rotate(head.data(), rotation, rotation + half, static_cast<int64_t>(half));
        for (size_t d = 0; d < n; ++d) CHECK(near(queries[r * stride + h * n + d], head[d]));
      }
  }
}
