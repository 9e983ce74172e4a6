// SPDX-License-Identifier: MIT
// Products as they are asked of cuBLASLt, against a library that stands in for it (fake_cublaslt.cpp).
#include "backends/engine/cuda/cublaslt.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "backends/engine/cuda/kernels.h"
#include "backends/engine/format/quant.h"

using namespace proctor;

namespace {

struct Variable { // of the environment, for one test
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  const char* name_;
};

std::vector<uint16_t> halves(int64_t rows, int64_t cols, int salt) {
  std::vector<uint16_t> values(static_cast<size_t>(rows * cuda::padded(cols)), 0);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < cols; ++c)
      values[static_cast<size_t>(r * cuda::padded(cols) + c)] = float_to_bf16(static_cast<float>((r * 7 + c * 3 + salt) % 11 - 5));
  return values;
}

std::string why_not(const cuda::Product& product) {
  try {
    cuda::CublasLt().multiply(product, nullptr);
  } catch (const cuda::DeviceError& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("a product through cuBLASLt is the product, by the one algorithm that takes one row and many without split sums") {
  Variable library("PROCTOR_CUBLASLT", FAKE_CUBLASLT);
  cuda::CublasLt blas;
  for (int64_t rows : {1, 5, 300})
    for (bool has_bias : {false, true}) {
      const int64_t n = 6, k = 10;
      const auto weights = halves(n, k, 1), x = halves(rows, k, 4);
      const std::vector<float> bias = {1, 2, 3, 4, 5, 6};
      std::vector<float> out(static_cast<size_t>(n * rows), -1);
      blas.multiply({weights.data(), has_bias ? bias.data() : nullptr, n, k, x.data(), rows, out.data()}, nullptr);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = 0; i < n; ++i) {
          float expected = has_bias ? bias[static_cast<size_t>(i)] : 0;
          for (int64_t c = 0; c < cuda::padded(k); ++c)
            expected += bf16_to_float(weights[static_cast<size_t>(i * cuda::padded(k) + c)]) * bf16_to_float(x[static_cast<size_t>(r * cuda::padded(k) + c)]);
          REQUIRE(out[static_cast<size_t>(r * n + i)] == expected);
        }
    }
}

TEST_CASE("cuBLASLt that is missing, or has no algorithm for any number of rows, is an error that says so") {
  const auto weights = halves(6, 10, 1);
  std::vector<float> out(6);
  const cuda::Product product{weights.data(), nullptr, 6, 10, weights.data(), 1, out.data()};
  {
    Variable library("PROCTOR_CUBLASLT", "/nowhere/libcublasLt.so.13");
    CHECK(why_not(product).find("/nowhere/libcublasLt.so.13") != std::string::npos);
  }
  Variable library("PROCTOR_CUBLASLT", FAKE_CUBLASLT);
  CHECK(why_not(product) == "");
  Variable mode("FAKE_CUBLASLT", "poor");
  CHECK(why_not(product).find("6 x 10") != std::string::npos);
}
