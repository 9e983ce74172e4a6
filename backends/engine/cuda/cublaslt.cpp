// SPDX-License-Identifier: MIT
#include "backends/engine/cuda/cublaslt.h"

#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <string>
#include <vector>

#include "backends/engine/cuda/cublaslt_api.h"
#include "backends/engine/cuda/kernels.h"

namespace proctor::cuda {
namespace {

constexpr int64_t kTypicalRows = 256; // for which the algorithm is chosen
constexpr int64_t kCheckedRows[] = {1, 2, 3, 8, 17, 64, 256, 2048}; // some of those that it must take

// Something of the library's with the function that destroys it.
using Owned = std::unique_ptr<void, lt::DestroyFn>;

} // namespace

struct CublasLt::Library {
  Owned file{nullptr, dlclose}, handle{nullptr, nullptr};
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
  lt::AlgorithmCheckFn check_algorithm;
  lt::MatmulFn matmul;

  Library() {
    const char* asked = std::getenv("PROCTOR_CUBLASLT");
    const std::string name = asked != nullptr ? asked : "libcublasLt.so.13";
    file.reset(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
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
    find(check_algorithm, "cublasLtMatmulAlgoCheck");
    find(matmul, "cublasLtMatmul");
    lt::Handle made = nullptr;
    check(create(&made), "cublasLtCreate");
    handle = {made, destroy};
  }

  template <class Fn> void find(Fn& function, const char* name) {
    function = reinterpret_cast<Fn>(dlsym(file.get(), name));
    if (function == nullptr) throw DeviceError(std::string("this cuBLASLt has no ") + name);
  }

  void check(int status, const char* what) const {
    if (status != 0) throw DeviceError(std::string(what) + ": " + status_text(status));
  }

  Owned layout(int type, int64_t rows, int64_t cols, int64_t stride) const {
    lt::Layout made = nullptr;
    check(create_layout(&made, type, static_cast<uint64_t>(rows), static_cast<uint64_t>(cols), stride),
          "cublasLtMatrixLayoutCreate");
    return {made, destroy_layout};
  }

  Owned description() const {
    lt::Desc made = nullptr;
    check(create_desc(&made, lt::kCompute32F, lt::kF32), "cublasLtMatmulDescCreate");
    return {made, destroy_desc};
  }

  Owned preference() const {
    lt::Preference made = nullptr;
    check(create_preference(&made), "cublasLtMatmulPreferenceCreate");
    return {made, destroy_preference};
  }
};

// The layouts of x and of the product for so many rows.
struct CublasLt::Rows {
  Rows(const Library& library, const Product& p, int64_t rows)
      : x(library.layout(lt::kBf16, padded(p.k), rows, padded(p.k))), out(library.layout(lt::kF32, p.n, rows, p.n)) {}

  const Owned x, out;
};

// cuBLASLt counts columns first: the weights (n, k) are its (k, n) matrix A, transposed; x is B; out is D (n, rows).
struct CublasLt::Plan {
  Plan(const Library& lib, const Product& p)
      : library(lib), desc(lib.description()), weights(lib.layout(lt::kBf16, padded(p.k), p.n, padded(p.k))) {
    const int transposed = lt::kTransposed;
    set(lt::kDescTransA, transposed);
    if (p.bias != nullptr) {
      set(lt::kDescEpilogue, lt::kEpilogueBias);
      set(lt::kDescBiasPointer, p.bias);
    }
    choose(p);
  }

  template <class T> void set(int attribute, const T& value) {
    library.check(library.set_desc(desc.get(), attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
  }

  // The best for the usual number of rows, without workspace or split sums, that takes every other number of rows too.
  void choose(const Product& p) {
    for (int64_t rows : {kTypicalRows, int64_t{1}, int64_t{16}})
      for (const lt::Heuristic& offer : offers(p, rows))
        if (offer.state == 0 && split_k(offer.algorithm) <= 1 && takes_all_rows(offer.algorithm, p)) {
          algorithm = offer.algorithm;
          return;
        }
    throw DeviceError("cuBLASLt offers no algorithm without split sums for any number of rows of " + std::to_string(p.n) +
                      " x " + std::to_string(p.k));
  }

  // What the library thinks best for so many rows, the fastest first.
  std::vector<lt::Heuristic> offers(const Product& p, int64_t rows) const {
    const Rows layouts(library, p, rows);
    const Owned preference = library.preference();
    const size_t workspace = 0;
    library.check(library.set_preference(preference.get(), lt::kPreferenceWorkspace, &workspace, sizeof workspace), "workspace");
    library.check(library.set_preference(preference.get(), lt::kPreferenceReduction, &lt::kReductionNone, sizeof(uint32_t)),
                  "reduction scheme");
    std::vector<lt::Heuristic> offered(16);
    int found = 0;
    const int status = library.heuristic(library.handle.get(), desc.get(), weights.get(), layouts.x.get(), layouts.out.get(), layouts.out.get(), preference.get(),
                                         static_cast<int>(offered.size()), offered.data(), &found);
    if (status != lt::kNotSupported) library.check(status, "cublasLtMatmulAlgoGetHeuristic");
    offered.resize(static_cast<size_t>(found));
    return offered;
  }

  bool takes_all_rows(const lt::Algorithm& candidate, const Product& p) const {
    for (int64_t rows : kCheckedRows) {
      const Rows layouts(library, p, rows);
      lt::Heuristic needs{};
      const int status = library.check_algorithm(library.handle.get(), desc.get(), weights.get(), layouts.x.get(), layouts.out.get(), layouts.out.get(), &candidate, &needs);
      if (status != 0 || needs.workspace > 0) return false;
    }
    return true;
  }

  int split_k(const lt::Algorithm& candidate) const {
    int value = 0;
    size_t written = 0;
    library.check(library.get_config(&candidate, lt::kConfigSplitK, &value, sizeof value, &written), "split-k of an algorithm");
    return value;
  }

  const Library& library;
  const Owned desc, weights;
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
  const Rows layouts(*library_, p, p.rows);
  library_->check(library_->matmul(library_->handle.get(), plan.desc.get(), &one, p.weights, plan.weights.get(), p.x, layouts.x.get(), &zero, p.out,
                                   layouts.out.get(), p.out, layouts.out.get(), &plan.algorithm, nullptr, 0, stream),
                  "cublasLtMatmul");
}

} // namespace proctor::cuda
