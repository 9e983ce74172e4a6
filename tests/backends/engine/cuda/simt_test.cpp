// SPDX-License-Identifier: MIT
// The emulator itself: its numbers are the formats' and its tensor core multiplies matrices.
#include "tests/backends/engine/cuda/simt.cuh"

#include <doctest/doctest.h>
#include <vector>

using namespace proctor;

TEST_CASE("e4m3: every code comes back, and values go to the nearest, ties to even") {
  for (int code = 0; code < 256; ++code) {
    const auto bits = static_cast<uint8_t>(code);
    const float value = simt::from_e4m3(bits);
    if (std::isnan(value)) {
      CHECK((bits & 0x7f) == 0x7f);
      continue;
    }
    CAPTURE(value);
    CHECK(simt::to_e4m3(value) == bits);
  }
  CHECK(simt::from_e4m3(0x7e) == 448);          // the largest (arXiv 2209.05433, table 1)
  CHECK(simt::from_e4m3(0x01) == 0x1p-9f);      // the smallest
  CHECK(simt::from_e4m3(simt::to_e4m3(1000)) == 448);
  CHECK(simt::from_e4m3(simt::to_e4m3(17)) == 16); // between 16 and 18
  CHECK(simt::from_e4m3(simt::to_e4m3(19)) == 20); // between 18 and 20
  CHECK(simt::from_e4m3(simt::to_e4m3(-0.3f)) == -0.3125f);
}

namespace {

struct Tiles {
  alignas(16) uint16_t a[16][16], b[8][16], c[16][8]; // b and c: 16 (k) x 8 (n), stored by n and by k
  float d[2][16][8];
};

// d[0] = a * b from rows of n, d[1] = a * c from rows of k: how attention reads keys and values.
void multiply_both(Tiles* tiles) {
  const int lane = simt::thread_index();
  uint32_t a[4], b[4], c[4];
  simt::load_matrices(a, &tiles->a[lane % 16][lane / 16 * 8]);
  simt::load_matrices(b, &tiles->b[lane & 7][(lane >> 3 & 1) * 8]);
  simt::load_matrices_transposed(c, &tiles->c[lane % 16][0]);
  float d[2][4] = {};
  simt::multiply_16x8x16(d[0], a, b[0], b[1]);
  simt::multiply_16x8x16(d[1], a, c[0], c[1]);
  for (int i = 0; i < 4; ++i)
    for (int n = 0; n < 2; ++n) tiles->d[n][lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2] = d[n][i];
}

void add_up(int* sums) {
  sums[simt::thread_index()] = simt::shuffle_xor(simt::thread_index(), 5);
  simt::block_barrier();
  if (simt::thread_index() == 0)
    for (int i = 0; i < 64; ++i) sums[64] += sums[i];
}

} // namespace

TEST_CASE("fragments that are loaded and multiplied are the product of the matrices") {
  Tiles tiles{};
  auto value = [](int i, int j) { return static_cast<float>((i * 7 + j * 5) % 13 - 6); };
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) {
      tiles.a[i][j] = simt::to_bf16(value(i, j));
      if (j < 8) tiles.b[j][i] = tiles.c[i][j] = simt::to_bf16(value(j, i));
    }
  simt::launch(multiply_both, "multiply_both", {1, 32, 0}, nullptr, &tiles);
  for (int i = 0; i < 16; ++i)
    for (int n = 0; n < 8; ++n) {
      float expected = 0;
      for (int k = 0; k < 16; ++k) expected += value(i, k) * value(n, k);
      CHECK(tiles.d[0][i][n] == expected);
      CHECK(tiles.d[1][i][n] == expected);
    }
}

TEST_CASE("threads meet at barriers in any order of turns") {
  for (auto schedule : {simt::Schedule::forward, simt::Schedule::backward}) {
    simt::set_schedule(schedule);
    std::vector<int> sums(65, 0);
    simt::launch(add_up, "add_up", {1, 64, 0}, nullptr, sums.data());
    CHECK(sums[64] == 63 * 64 / 2);
    CHECK(sums[10] == (10 ^ 5));
  }
  simt::set_schedule(simt::Schedule::forward);
}
