// SPDX-License-Identifier: MIT
// Every kernel of every instruction set: equal to the scalar one to the bit, near to float64.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <random>

#include "backends/engine/cpu/packed.h"
#include "backends/engine/format/quant.h"

using namespace proctor;

namespace {

std::vector<float> normals(size_t n, unsigned seed, float spread = 1) {
  std::mt19937 random(seed);
  std::vector<float> values(n);
  for (float& value : values) value = spread * (static_cast<float>(random() % 20001) / 10000 - 1);
  return values;
}

const std::vector<const Kernels*>& fast_kernels() {
  static const std::vector<const Kernels*> found = [] {
    std::vector<const Kernels*> all;
    for (const Kernels* kernels : {&avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()})
      if (kernels->supported())
        all.push_back(kernels);
      else
        MESSAGE("skipped: this processor has no " << std::string(kernels->name));
    return all;
  }();
  return found;
}

// A matrix of any type; K-quants and IQ4_NL are random bytes with sane scales.
struct Matrix {
  DType type;
  int64_t rows, cols;
  std::vector<uint8_t> bytes;

  Matrix(DType t, int64_t r, int64_t c) : type(t), rows(r), cols(c), bytes(row_bytes(t, c) * static_cast<size_t>(r)) {
    bool made_up = info(t).block == 256 || t == DType::iq4_nl;
    std::mt19937 random(7);
    for (int64_t row = 0; row < rows; ++row) {
      uint8_t* at = bytes.data() + static_cast<size_t>(row) * row_bytes(t, c);
      auto values = normals(static_cast<size_t>(c), static_cast<unsigned>(row + 1));
      if (!made_up) {
        quantise_row(t, values.data(), c, at);
        continue;
      }
      for (size_t i = 0; i < row_bytes(t, c); ++i) at[i] = static_cast<uint8_t>(random());
      for (int64_t b = 0; b < c / info(t).block; ++b) {
        uint8_t* block = at + b * info(t).block_bytes;
        uint16_t scale = float_to_half(0.01f), min = float_to_half(0.02f);
        std::memcpy(t == DType::q6_k ? block + 208 : block, &scale, 2);
        if (info(t).has_min) std::memcpy(block + 2, &min, 2);
      }
    }
  }
  MatrixPart part() const { return {TensorView{"w", type, rows, cols, bytes.data()}, 0}; }
  std::vector<float> row(int64_t r) const {
    std::vector<float> values(static_cast<size_t>(cols));
    dequantise_row(type, part().tensor.row(r), cols, values.data());
    return values;
  }
};

struct Activations {
  int64_t rows, cols;
  std::vector<float> values;
  std::vector<uint8_t> packed, pairs;

  Activations(const Kernels& kernels, int64_t r, int64_t c, std::vector<float> x) : rows(r), cols(c), values(std::move(x)) {
    packed.resize(static_cast<size_t>(r * (c / 32) * kernels.packed_bytes));
    kernels.quantise(view(), 0, r, packed.data());
    pairs.resize(static_cast<size_t>(r * ((c + 1) / 2) * kernels.pair_bytes));
    kernels.pair_up(view(), 0, r, pairs.data());
  }
  ActivationView view() const { return {rows, cols, values.data(), cols, packed.data(), pairs.data()}; }
};

// What int8 in blocks of 32 leaves of the values.
std::vector<float> rounded(std::vector<float> values) {
  for (size_t b = 0; b + 32 <= values.size(); b += 32) {
    float largest = 0;
    for (size_t i = b; i < b + 32; ++i) largest = std::max(largest, std::abs(values[i]));
    float scale = largest / 127, inverse = 1 / scale;
    for (size_t i = b; i < b + 32; ++i) values[i] = std::nearbyint(values[i] * inverse) * scale;
  }
  return values;
}

std::vector<float> product(const Kernels& kernels, const PackedMatrix& matrix, const Activations& in) {
  PackedView view = matrix.view();
  std::vector<float> out(static_cast<size_t>(in.rows * view.rows), -1);
  kernels.multiply(view, in.view(), 0, matrix.n_groups(), out.data(), view.rows);
  return out;
}

} // namespace

TEST_CASE("matrix products of every type, at every batch, are the scalar kernel's to the bit and near to float64") {
  ThreadPool pool(1);
  for (int t = 0; t < kDTypes; ++t) {
    auto type = static_cast<DType>(t);
    CAPTURE(info(type).name);
    const bool quantised = is_quantised(type);
    Matrix matrix(type, 37, quantised ? 512 : 515);
    WeightMemory memory;
    PackedMatrix packed(matrix.part(), normals(37, 5), memory, pool);
    for (int64_t batch : {1, 2, 3, 4, 5, 8, 13, 23}) {
      CAPTURE(batch);
      auto x = normals(static_cast<size_t>(batch * matrix.cols), 99, 3);
      auto expected = product(scalar_kernels(), packed, {scalar_kernels(), batch, matrix.cols, x});
      for (const Kernels* kernels : fast_kernels()) {
        CAPTURE(kernels->name);
        CHECK(product(*kernels, packed, {*kernels, batch, matrix.cols, x}) == expected);
      }
      if (quantised) x = rounded(x);
      if (type == DType::bf16)
        for (float& value : x) value = bf16_to_float(float_to_bf16(value));
      auto bias = normals(37, 5);
      for (int64_t m = 0; m < batch; ++m)
        for (int64_t r = 0; r < matrix.rows; ++r) {
          double exact = static_cast<double>(bias[static_cast<size_t>(r)]), size = 1;
          auto row = matrix.row(r);
          for (int64_t k = 0; k < matrix.cols; ++k) {
            double term = static_cast<double>(x[static_cast<size_t>(m * matrix.cols + k)]) * static_cast<double>(row[static_cast<size_t>(k)]);
            exact += term;
            size += std::abs(term);
          }
          REQUIRE(std::abs(static_cast<double>(expected[static_cast<size_t>(m * matrix.rows + r)]) - exact) < 1e-6 * size);
        }
    }
  }
}

TEST_CASE("extreme codes do not saturate: -128 weights against 127 and -127 activations") {
  ThreadPool pool(1);
  std::vector<uint8_t> row(34 * 16);
  uint16_t one = float_to_half(1);
  for (size_t r = 0; r < 16; ++r) {
    std::memcpy(row.data() + 34 * r, &one, 2);
    std::memset(row.data() + 34 * r + 2, r % 2 == 0 ? 0x80 : 0x7f, 32);
  }
  WeightMemory memory;
  PackedMatrix packed({TensorView{"w", DType::q8_0, 16, 32, row.data()}, 0}, {}, memory, pool);
  for (float value : {127.0f, -127.0f})
    for (const Kernels* kernels : {&scalar_kernels(), &avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()}) {
      if (!kernels->supported()) continue;
      auto out = product(*kernels, packed, {*kernels, 1, 32, std::vector<float>(32, value)});
      CHECK(out[0] == -128.0f * value * 32);
      CHECK(out[1] == 127.0f * value * 32);
    }
}

TEST_CASE("an activation that is not finite leaves none of its products finite, whatever the type of the weights") {
  ThreadPool pool(1);
  for (int t = 0; t < kDTypes; ++t) {
    const auto type = static_cast<DType>(t);
    CAPTURE(info(type).name);
    Matrix matrix(type, 20, 256);
    WeightMemory memory;
    PackedMatrix packed(matrix.part(), {}, memory, pool);
    for (const Kernels* kernels : {&scalar_kernels(), &avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()}) {
      if (!kernels->supported()) continue;
      CAPTURE(kernels->name);
      for (float value : {NAN, INFINITY, -INFINITY})
        for (size_t at : {0, 17, 31, 224}) {
          CAPTURE(at);
          auto x = normals(2 * 256, 3);
          x[at] = value;
          const auto out = product(*kernels, packed, {*kernels, 2, 256, x});
          for (size_t r = 0; r < 20; ++r) {
            CHECK_FALSE(std::isfinite(out[r]));
            CHECK(std::isfinite(out[20 + r]));
          }
        }
    }
  }
}

TEST_CASE("keys that are not finite leave nothing that attention gives finite") {
  constexpr int kDim = 16, kContext = 100;
  const auto query = normals(kDim, 1);
  for (const Kernels* kernels : {&scalar_kernels(), &avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()}) {
    if (!kernels->supported()) continue;
    CAPTURE(kernels->name);
    auto attend = [&](float value, int first, int last) { // in the first dimension of these positions' keys
      std::vector<std::vector<float>> pages;
      for (unsigned page = 0; page < 2; ++page) pages.push_back(normals(2 * 64 * kDim, page + 2));
      for (int position = first; position < last; ++position)
        pages[static_cast<size_t>(position / 64)][static_cast<size_t>(position % 64)] = value;
      const uint8_t* data[] = {reinterpret_cast<const uint8_t*>(pages[0].data()), reinterpret_cast<const uint8_t*>(pages[1].data())};
      std::vector<float> out(kDim), scratch(64 + kDim);
      kernels->attend({query.data(), 1, kDim, kDim, 0.25f, data, kContext, false, out.data(), scratch.data()});
      return std::count_if(out.begin(), out.end(), [](float x) { return std::isfinite(x); });
    };
    CHECK(attend(1, 0, kContext) == kDim);
    CHECK(attend(NAN, kContext, 128) == kDim); // which nobody wrote
    for (int position : {0, 63, 64, kContext - 1}) CHECK(attend(NAN, position, position + 1) == 0);
    for (float value : {NAN, INFINITY, -INFINITY}) CHECK(attend(value, 0, kContext) == 0);
  }
}

TEST_CASE("one logit that is not finite is noticed, wherever it is") {
  for (const Kernels* kernels : {&scalar_kernels(), &avx2_kernels(), &avx512_kernels(), &avx512bf16_kernels()}) {
    if (!kernels->supported()) continue;
    std::vector<float> logits = normals(1003, 1, 5);
    CHECK(kernels->logit_stats(logits.data(), 1003, 1, nullptr).finite);
    for (size_t at : {0, 500, 999, 1002})
      for (float value : {NAN, INFINITY, -INFINITY}) {
        std::vector<float> damaged = logits;
        damaged[at] = value;
        CHECK_FALSE(kernels->logit_stats(damaged.data(), 1003, 1, nullptr).finite);
      }
  }
}

TEST_CASE("norm, swiglu and the softmax over logits are the scalar kernel's to the bit and near to float64") {
  for (int64_t n : {1, 8, 16, 31, 576, 1000}) {
    CAPTURE(n);
    auto size = static_cast<size_t>(n);
    auto x = normals(size, 1, 5), delta = normals(size, 2), gain = normals(size, 3), both = normals(2 * size, 4, 12);
    auto run = [&](const Kernels& kernels) {
      std::vector<float> sum = x, norm(size), silu(size), exps(size);
      kernels.rms_norm(sum.data(), delta.data(), gain.data(), n, 1e-5f, norm.data());
      kernels.swiglu(both.data(), n, silu.data());
      LogitStats stats = kernels.logit_stats(x.data(), n, 1.7f, exps.data());
      for (auto* more : {&sum, &silu, &exps}) norm.insert(norm.end(), more->begin(), more->end());
      norm.push_back(stats.max);
      norm.push_back(static_cast<float>(stats.sum));
      return norm;
    };
    auto expected = run(scalar_kernels());
    for (const Kernels* kernels : fast_kernels()) CHECK(run(*kernels) == expected);
    double squares = 0, top = -1e9, sum = 0;
    for (size_t i = 0; i < size; ++i) squares += std::pow(static_cast<double>(x[i] + delta[i]), 2);
    for (float value : x) top = std::max(top, static_cast<double>(value));
    for (size_t i = 0; i < size; ++i) {
      double gate = static_cast<double>(both[i]), e = std::exp((static_cast<double>(x[i]) - top) * 1.7);
      sum += e;
      CHECK(expected[i] == doctest::Approx(static_cast<double>(x[i] + delta[i]) / std::sqrt(squares / static_cast<double>(n) + 1e-5) * static_cast<double>(gain[i])).epsilon(1e-5));
      CHECK(expected[2 * size + i] == doctest::Approx(gate / (1 + std::exp(-gate)) * static_cast<double>(both[size + i])).epsilon(1e-5));
      CHECK(expected[3 * size + i] == doctest::Approx(e).epsilon(1e-5));
    }
    CHECK(expected.back() == doctest::Approx(sum).epsilon(1e-5));
  }
}

TEST_CASE("halves and BF16 convert as IEEE 754 says") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    auto half = static_cast<uint16_t>(bits);
    if ((half & 0x7c00) == 0x7c00 && (half & 0x3ff) != 0) continue; // NaN
    REQUIRE(float_to_half(half_to_float(half)) == half);
  }
  CHECK(half_to_float(0x3c01) == 1.0009765625f);
  CHECK(half_to_float(0x0001) == 0x1p-24f);
  CHECK(float_to_half(65504) == 0x7bff);
  CHECK(float_to_half(65520) == 0x7c00);
  CHECK(float_to_half(0x1p-25f) == 0); // a tie goes to even
  CHECK(float_to_half(0x1.8p-25f) == 1);
  CHECK(float_to_bf16(1.00390625f) == 0x3f80); // a tie goes to even
  CHECK(float_to_bf16(1.01171875f) == 0x3f82);
}
