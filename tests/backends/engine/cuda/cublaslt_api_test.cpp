// SPDX-License-Identifier: MIT
// Compiled only where cublasLt.h is at hand: the declarations in cublaslt_api.h are that header's.
#include <cstddef>
#include <cublasLt.h>
#include <doctest/doctest.h>
#include <type_traits>

#include "backends/engine/cuda/cublaslt_api.h"

using namespace proctor::cuda;

static_assert(lt::kF32 == CUDA_R_32F);
static_assert(lt::kBf16 == CUDA_R_16BF);
static_assert(lt::kCompute32F == CUBLAS_COMPUTE_32F);
static_assert(lt::kTransposed == CUBLAS_OP_T);
static_assert(lt::kDescTransA == CUBLASLT_MATMUL_DESC_TRANSA);
static_assert(lt::kDescEpilogue == CUBLASLT_MATMUL_DESC_EPILOGUE);
static_assert(lt::kDescBiasPointer == CUBLASLT_MATMUL_DESC_BIAS_POINTER);
static_assert(lt::kEpilogueBias == CUBLASLT_EPILOGUE_BIAS);
static_assert(lt::kPreferenceWorkspace == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
static_assert(lt::kPreferenceReduction == CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK);
static_assert(lt::kReductionNone == CUBLASLT_REDUCTION_SCHEME_NONE);
static_assert(lt::kConfigSplitK == CUBLASLT_ALGO_CONFIG_SPLITK_NUM);
static_assert(lt::kNotSupported == CUBLAS_STATUS_NOT_SUPPORTED);
static_assert(sizeof(lt::Algorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(lt::Heuristic) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(lt::Heuristic, workspace) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
static_assert(offsetof(lt::Heuristic, state) == offsetof(cublasLtMatmulHeuristicResult_t, state));

// The parameters of a function, with pointers, handles and enums as what they are passed as.
template <class T> struct Passed {
  using type = std::conditional_t<std::is_pointer_v<T>, void*, T>;
};
template <class T>
  requires std::is_enum_v<T>
struct Passed<T> {
  using type = int;
};
template <class R, class... A> constexpr auto passed(R (*)(A...)) {
  return static_cast<typename Passed<R>::type (*)(typename Passed<A>::type...)>(nullptr);
}
template <class Ours, class Theirs> constexpr bool alike(Theirs theirs) {
  return std::is_same_v<decltype(passed(Ours{})), decltype(passed(theirs))>;
}
static_assert(alike<lt::CreateFn>(&cublasLtCreate));
static_assert(alike<lt::DestroyFn>(&cublasLtDestroy));
static_assert(alike<lt::DescCreateFn>(&cublasLtMatmulDescCreate));
static_assert(alike<lt::DescSetFn>(&cublasLtMatmulDescSetAttribute));
static_assert(alike<lt::LayoutCreateFn>(&cublasLtMatrixLayoutCreate));
static_assert(alike<lt::PreferenceCreateFn>(&cublasLtMatmulPreferenceCreate));
static_assert(alike<lt::PreferenceSetFn>(&cublasLtMatmulPreferenceSetAttribute));
static_assert(alike<lt::HeuristicFn>(&cublasLtMatmulAlgoGetHeuristic));
static_assert(alike<lt::ConfigGetFn>(&cublasLtMatmulAlgoConfigGetAttribute));
static_assert(alike<lt::AlgorithmCheckFn>(&cublasLtMatmulAlgoCheck));
static_assert(alike<lt::MatmulFn>(&cublasLtMatmul));

TEST_CASE("our declarations of cuBLASLt are its header's") { CHECK(CUBLAS_VERSION >= 130000); }
