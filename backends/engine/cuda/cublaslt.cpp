// SPDX-License-Identifier: MIT
#include "backends/engine/cuda/cublaslt.h"

#include <cstdlib>
#include <dlfcn.h>
#include <library_types.h>
#include <string>

#include "backends/engine/cuda/cublaslt_api.h"
#include "backends/engine/cuda/kernels.h"

namespace proctor::cuda {
namespace {

constexpr int64_t kTypicalRows = 256; // for which the algorithm is chosen

} // namespace

struct CublasLt::Library {
  void* file = nullptr;
  lt::Handle handle = nullptr;
  lt::CreateFn create;
  lt::DestroyFn destroy, destroy_desc, destroy_layout, destroy_preference;
  lt::StatusFn status_text;
  lt::DescCreateFn create_desc;
  lt::DescSetFn set_desc;
  lt::LayoutCreateFn create_layout;
  lt::PreferenceCreateFn create_preference;
  lt::PreferenceSetFn set_preference;
  lt::HeuristicFn heuristic;
  lt::ConfigGetFn get_config;
  lt::MatmulFn matmul;

  Library() {
    const char* asked = std::getenv("PROCTOR_CUBLASLT");
    const std::string name = asked != nullptr ? asked : "libcublasLt.so.13";
    file = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (file == nullptr)
      throw DeviceError("cuBLASLt is missing (" + std::string(dlerror()) +
                        "); install CUDA 13's cuBLAS or the PyPI wheel nvidia-cublas, and put libcublasLt.so.13 on "
                        "LD_LIBRARY_PATH or its path into PROCTOR_CUBLASLT");
    find(create, "cublasLtCreate");
    find(destroy, "cublasLtDestroy");
    find(status_text, "cublasLtGetStatusString");
    find(create_desc, "cublasLtMatmulDescCreate");
    find(destroy_desc, "cublasLtMatmulDescDestroy");
    find(set_desc, "cublasLtMatmulDescSetAttribute");
    find(create_layout, "cublasLtMatrixLayoutCreate");
    find(destroy_layout, "cublasLtMatrixLayoutDestroy");
    find(create_preference, "cublasLtMatmulPreferenceCreate");
    find(destroy_preference, "cublasLtMatmulPreferenceDestroy");
    find(set_preference, "cublasLtMatmulPreferenceSetAttribute");
    find(heuristic, "cublasLtMatmulAlgoGetHeuristic");
    find(get_config, "cublasLtMatmulAlgoConfigGetAttribute");
    find(matmul, "cublasLtMatmul");
    check(create(&handle), "cublasLtCreate");
  }

  ~Library() {
    if (handle != nullptr) destroy(handle);
    if (file != nullptr) dlclose(file);
  }

  template <class Fn> void find(Fn& function, const char* name) {
    function = reinterpret_cast<Fn>(dlsym(file, name));
    if (function == nullptr) throw DeviceError(std::string("this cuBLASLt has no ") + name);
  }

  void check(int status, const char* what) const {
    if (status != 0) throw DeviceError(std::string(what) + ": " + status_text(status));
  }

  lt::Layout layout(int type, int64_t rows, int64_t cols, int64_t stride) const {
    lt::Layout made = nullptr;
    check(create_layout(&made, type, static_cast<uint64_t>(rows), static_cast<uint64_t>(cols), stride),
          "cublasLtMatrixLayoutCreate");
    return made;
  }
};

// cuBLASLt counts columns first: the weights (n, k) are its (k, n) matrix A, transposed; x is B; out is D (n, rows).
struct CublasLt::Plan {
  Plan(const Library& lib, const Product& p) : library(lib), weights(nullptr) {
    library.check(library.create_desc(&desc, lt::kCompute32F, CUDA_R_32F), "cublasLtMatmulDescCreate");
    const int transposed = lt::kTransposed;
    set(lt::kDescTransA, transposed);
    if (p.bias != nullptr) {
      set(lt::kDescEpilogue, lt::kEpilogueBias);
      set(lt::kDescBiasPointer, p.bias);
    }
    const int64_t stride = padded(p.k);
    weights = library.layout(CUDA_R_16BF, stride, p.n, stride);
    choose(p);
  }

  ~Plan() {
    library.destroy_desc(desc);
    library.destroy_layout(weights);
  }

  template <class T> void set(int attribute, const T& value) {
    library.check(library.set_desc(desc, attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
  }

  // The best that the library offers without workspace and without splitting k.
  void choose(const Product& p) {
    const int64_t stride = padded(p.k);
    lt::Layout x = library.layout(CUDA_R_16BF, stride, kTypicalRows, stride);
    lt::Layout out = library.layout(CUDA_R_32F, p.n, kTypicalRows, p.n);
    lt::Preference preference = nullptr;
    library.check(library.create_preference(&preference), "cublasLtMatmulPreferenceCreate");
    const size_t workspace = 0;
    library.check(library.set_preference(preference, lt::kPreferenceWorkspace, &workspace, sizeof workspace), "workspace");
    library.check(library.set_preference(preference, lt::kPreferenceReduction, &lt::kReductionNone, sizeof(uint32_t)),
                  "reduction scheme");
    constexpr int kWanted = 16;
    lt::Heuristic offers[kWanted];
    int found = 0;
    const int status =
        library.heuristic(library.handle, desc, weights, x, out, out, preference, kWanted, offers, &found);
    library.destroy_preference(preference);
    library.destroy_layout(x);
    library.destroy_layout(out);
    library.check(status, "cublasLtMatmulAlgoGetHeuristic");
    for (int i = 0; i < found; ++i)
      if (offers[i].state == 0 && split_k(offers[i].algorithm) <= 1) {
        algorithm = offers[i].algorithm;
        return;
      }
    throw DeviceError("cuBLASLt offers no algorithm without split sums for " + std::to_string(p.n) + " x " +
                      std::to_string(p.k));
  }

  int split_k(const lt::Algorithm& candidate) const {
    int value = 0;
    size_t written = 0;
    library.check(library.get_config(&candidate, lt::kConfigSplitK, &value, sizeof value, &written), "split-k of an algorithm");
    return value;
  }

  const Library& library;
  lt::Desc desc = nullptr;
  lt::Layout weights;
  lt::Algorithm algorithm{};
};

CublasLt::CublasLt() : library_(std::make_unique<Library>()) {}
CublasLt::~CublasLt() = default;

CublasLt::Plan& CublasLt::plan_for(const Product& product) {
  auto& plan = plans_[{product.n, product.k, product.bias != nullptr}];
  if (!plan) plan = std::make_unique<Plan>(*library_, product);
  return *plan;
}

void CublasLt::multiply(const Product& p, void* stream) {
  Plan& plan = plan_for(p);
  if (p.bias != nullptr) plan.set(lt::kDescBiasPointer, p.bias);
  const float one = 1, zero = 0;
  const int64_t stride = padded(p.k);
  lt::Layout x = library_->layout(CUDA_R_16BF, stride, p.rows, stride), out = library_->layout(CUDA_R_32F, p.n, p.rows, p.n);
  const int status = library_->matmul(library_->handle, plan.desc, &one, p.weights, plan.weights, p.x, x, &zero, p.out, out,
                                      p.out, out, &plan.algorithm, nullptr, 0, stream);
  library_->destroy_layout(x);
  library_->destroy_layout(out);
  library_->check(status, "cublasLtMatmul");
}

} // namespace proctor::cuda
