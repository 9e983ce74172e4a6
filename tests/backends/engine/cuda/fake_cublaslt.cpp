// SPDX-License-Identifier: MIT
// A library with the functions of cuBLASLt that cublaslt.cpp calls, on the processor and with its own mind: it offers an
// algorithm with split sums, one that does not take few rows, and one that is right, and multiplies only with that.
// FAKE_CUBLASLT=poor: it does not offer the right one.
#include <cstdlib>
#include <cstring>
#include <string>

#include "backends/engine/cuda/cublaslt_api.h"
#include "backends/engine/format/quant.h"

using namespace proctor::cuda;

namespace {

constexpr int kRefused = 7; // CUBLAS_STATUS_INVALID_VALUE
enum : uint64_t { kSplit, kManyRows, kRight };

struct Desc {
  int transposed_a = 0;
  uint32_t epilogue = 1;
  const float* bias = nullptr;
};
struct Layout {
  int type;
  uint64_t rows, cols;
  int64_t stride;
};
struct Preference {
  size_t workspace = ~size_t{0};
  uint32_t reduction = ~0u;
};

template <class T> T& as(void* handle) { return *static_cast<T*>(handle); }

template <class T> bool take(T& to, const void* from, size_t size) {
  if (size != sizeof to) return false;
  std::memcpy(&to, from, size);
  return true;
}

bool fit(const Layout& a, const Layout& b, const Layout& d) {
  return a.type == lt::kBf16 && b.type == lt::kBf16 && d.type == lt::kF32 && a.rows == b.rows && d.rows == a.cols && d.cols == b.cols;
}

bool poor() {
  const char* mode = std::getenv("FAKE_CUBLASLT");
  return mode != nullptr && std::string(mode) == "poor";
}

} // namespace

extern "C" {

int cublasLtCreate(lt::Handle* handle) {
  *handle = new int(0);
  return 0;
}
int cublasLtDestroy(lt::Handle handle) {
  delete static_cast<int*>(handle);
  return 0;
}
const char* cublasLtGetStatusString(int status) { return status == kRefused ? "refused" : "not supported"; }

int cublasLtMatmulDescCreate(lt::Desc* desc, int compute, int scale) {
  *desc = new Desc;
  return compute == lt::kCompute32F && scale == lt::kF32 ? 0 : kRefused;
}
int cublasLtMatmulDescDestroy(lt::Desc desc) {
  delete static_cast<Desc*>(desc);
  return 0;
}
int cublasLtMatmulDescSetAttribute(lt::Desc desc, int attribute, const void* value, size_t size) {
  Desc& d = as<Desc>(desc);
  bool taken = false;
  if (attribute == lt::kDescTransA) taken = take(d.transposed_a, value, size);
  if (attribute == lt::kDescEpilogue) taken = take(d.epilogue, value, size);
  if (attribute == lt::kDescBiasPointer) taken = take(d.bias, value, size);
  return taken ? 0 : kRefused;
}

int cublasLtMatrixLayoutCreate(lt::Layout* layout, int type, uint64_t rows, uint64_t cols, int64_t stride) {
  *layout = new Layout{type, rows, cols, stride};
  return stride >= static_cast<int64_t>(rows) ? 0 : kRefused;
}
int cublasLtMatrixLayoutDestroy(lt::Layout layout) {
  delete static_cast<Layout*>(layout);
  return 0;
}

int cublasLtMatmulPreferenceCreate(lt::Preference* preference) {
  *preference = new Preference;
  return 0;
}
int cublasLtMatmulPreferenceDestroy(lt::Preference preference) {
  delete static_cast<Preference*>(preference);
  return 0;
}
int cublasLtMatmulPreferenceSetAttribute(lt::Preference preference, int attribute, const void* value, size_t size) {
  Preference& p = as<Preference>(preference);
  bool taken = false;
  if (attribute == lt::kPreferenceWorkspace) taken = take(p.workspace, value, size);
  if (attribute == lt::kPreferenceReduction) taken = take(p.reduction, value, size);
  return taken ? 0 : kRefused;
}

int cublasLtMatmulAlgoGetHeuristic(lt::Handle, lt::Desc, lt::Layout a, lt::Layout b, lt::Layout, lt::Layout d, lt::Preference preference, int wanted,
                                   lt::Heuristic* offers, int* found) {
  const Preference& p = as<Preference>(preference);
  *found = 0;
  if (p.workspace != 0 || p.reduction != lt::kReductionNone || !fit(as<Layout>(a), as<Layout>(b), as<Layout>(d))) return kRefused;
  const int n = poor() || as<Layout>(b).cols > 1 ? 2 : 3; // the right one is offered for one row alone
  for (; *found < n && *found < wanted; ++*found) {
    offers[*found] = {};
    offers[*found].algorithm.data[0] = static_cast<uint64_t>(*found);
  }
  return 0;
}
int cublasLtMatmulAlgoCheck(lt::Handle, lt::Desc, lt::Layout a, lt::Layout b, lt::Layout, lt::Layout d, const lt::Algorithm* algorithm, lt::Heuristic* needs) {
  if (!fit(as<Layout>(a), as<Layout>(b), as<Layout>(d))) return kRefused;
  needs->workspace = 0;
  return algorithm->data[0] == kManyRows && as<Layout>(b).cols < 8 ? lt::kNotSupported : 0;
}
int cublasLtMatmulAlgoConfigGetAttribute(const lt::Algorithm* algorithm, int attribute, void* value, size_t size, size_t* written) {
  const int splits = algorithm->data[0] == kSplit ? 4 : 1;
  if (attribute != lt::kConfigSplitK || size != sizeof splits) return kRefused;
  std::memcpy(value, &splits, size);
  *written = size;
  return 0;
}

// Columns first: D (n, rows) = A^T (n, k) * B (k, rows) + bias (n).
int cublasLtMatmul(lt::Handle, lt::Desc desc, const void* alpha, const void* a, lt::Layout a_layout, const void* b, lt::Layout b_layout, const void* beta,
                   const void* c, lt::Layout, void* d, lt::Layout d_layout, const lt::Algorithm* algorithm, void* workspace, size_t workspace_size, void*) {
  const Desc& what = as<Desc>(desc);
  const Layout &la = as<Layout>(a_layout), &lb = as<Layout>(b_layout), &ld = as<Layout>(d_layout);
  const bool plain = *static_cast<const float*>(alpha) == 1 && *static_cast<const float*>(beta) == 0 && c == d;
  if (algorithm->data[0] != kRight || workspace != nullptr || workspace_size != 0 || !plain || what.transposed_a != lt::kTransposed || !fit(la, lb, ld))
    return kRefused;
  const auto *weights = static_cast<const uint16_t*>(a), *x = static_cast<const uint16_t*>(b);
  for (int64_t col = 0; col < static_cast<int64_t>(ld.cols); ++col)
    for (int64_t row = 0; row < static_cast<int64_t>(ld.rows); ++row) {
      float sum = what.epilogue == lt::kEpilogueBias ? what.bias[row] : 0;
      for (int64_t k = 0; k < static_cast<int64_t>(la.rows); ++k)
        sum += proctor::bf16_to_float(weights[row * la.stride + k]) * proctor::bf16_to_float(x[col * lb.stride + k]);
      static_cast<float*>(d)[col * ld.stride + row] = sum;
    }
  return 0;
}

} // extern "C"
